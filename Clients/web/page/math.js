// Numbers for drawing: interpolation, and noise that is the same for the same place.

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high)
export const mix = (a, b, share) => a + (b - a) * share
/** 0 below `low`, 1 above `high`, linear between. */
export const ramp = (value, low, high) => clamp((value - low) / (high - low), 0, 1)

/** 0…1 from three whole numbers. */
export function scatter(x, y, salt) {
    let hash = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ Math.imul(salt, 0x9e3779b1)
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296
}

/** Smooth value noise, 0…1; features are one unit wide. */
export function noise(x, y, salt) {
    const [column, row] = [Math.floor(x), Math.floor(y)]
    const [fx, fy] = [x - column, y - row]
    const [sx, sy] = [fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy)]
    const south = mix(scatter(column, row, salt), scatter(column + 1, row, salt), sx)
    const north = mix(scatter(column, row + 1, salt), scatter(column + 1, row + 1, salt), sx)
    return mix(south, north, sy)
}

/** A hue, 0…359, from a name. */
export function hueOf(text) {
    let hash = 7
    for (const letter of text) hash = Math.imul(hash, 31) + letter.codePointAt(0)
    return (hash >>> 0) % 360
}
