// Pictures of creatures and trees, drawn once for each size and kept.

/** A canvas that is not in the page. */
export const canvasOf = (width, height = width) => Object.assign(document.createElement("canvas"), { width, height })

export function oval(context, x, y, rx, ry, turn = 0) {
    context.beginPath()
    context.ellipse(x, y, rx, ry, turn, 0, Math.PI * 2)
    context.fill()
}

/** A crown of leaves: lobes around a middle, lit from the north-west. */
function crown(context, lobes, [dark, middle, light]) {
    for (const [colour, reach, shift] of [[dark, 1, 0], [middle, 0.8, -0.035], [light, 0.42, -0.09]]) {
        context.fillStyle = colour
        for (let lobe = 0; lobe < lobes; lobe += 1) {
            const angle = (lobe / lobes) * Math.PI * 2
            const radius = 0.16 * (0.8 + 0.4 * ((lobe * 7) % 3) / 2) * (0.4 + 0.6 * reach)
            oval(context, Math.cos(angle) * 0.27 * reach + shift, Math.sin(angle) * 0.27 * reach + shift, radius, radius)
        }
        oval(context, shift, shift, 0.3 * reach, 0.3 * reach)
    }
}

/** A conifer from above: rings of needles. */
function needles(context, [dark, middle, light]) {
    for (const [colour, reach] of [[dark, 0.46], [middle, 0.33], [light, 0.17]]) {
        context.fillStyle = colour
        context.beginPath()
        for (let point = 0; point < 22; point += 1) {
            const [angle, radius] = [(point / 22) * Math.PI * 2, reach * (point % 2 === 0 ? 1 : 0.78)]
            context.lineTo(Math.cos(angle) * radius, Math.sin(angle) * radius)
        }
        context.fill()
    }
}

/** Each in a box of one by one around the origin; creatures look to the right (east). */
export const DRAWINGS = {
    sheep(context) {
        context.fillStyle = "#332d2b"
        for (const side of [-1, 1]) oval(context, 0.33, side * 0.13, 0.05, 0.085, side * 0.5)
        oval(context, 0.38, 0, 0.12, 0.095)
        context.fillStyle = "#d9d3c4"
        for (const [x, y, r] of [[-0.28, 0, 0.19], [0.18, 0, 0.16]]) oval(context, x, y, r, r)
        for (const x of [-0.16, 0.06]) for (const y of [-0.13, 0.13]) oval(context, x, y, 0.17, 0.17)
        context.fillStyle = "#f6f3ea"
        for (const [x, y, r] of [[-0.27, 0.02, 0.14], [-0.04, 0, 0.15]]) oval(context, x, y, r, r)
        for (const x of [-0.14, 0.06]) for (const y of [-0.1, 0.1]) oval(context, x, y, 0.13, 0.13)
    },
    hare(context) {
        context.fillStyle = "#f4efe6"
        oval(context, -0.38, 0, 0.09, 0.09)
        context.fillStyle = "#8d6a45"
        oval(context, -0.1, 0, 0.27, 0.19)
        context.fillStyle = "#a9835a"
        oval(context, 0.02, 0, 0.24, 0.15)
        oval(context, 0.28, 0, 0.14, 0.12)
        context.fillStyle = "#7a5a3a"
        for (const side of [-1, 1]) oval(context, 0.1, side * 0.08, 0.17, 0.045, side * 0.16)
    },
    player(context, hue) {
        context.fillStyle = `hsl(${hue} 52% 38%)`
        oval(context, -0.03, 0, 0.2, 0.4)
        context.fillStyle = `hsl(${hue} 56% 50%)`
        oval(context, -0.01, 0, 0.16, 0.34)
        context.fillStyle = "#e9c99f"
        oval(context, 0.13, 0.33, 0.06, 0.06)
        oval(context, 0.13, -0.33, 0.06, 0.06)
        context.fillStyle = "#cfa955"
        oval(context, 0.04, 0, 0.24, 0.24)
        context.fillStyle = "#ecd08a"
        oval(context, 0.05, 0.01, 0.215, 0.215)
        context.fillStyle = `hsl(${hue} 60% 42%)`
        oval(context, 0.04, 0, 0.14, 0.14)
        context.fillStyle = "#f3dc9e"
        oval(context, 0.045, 0, 0.11, 0.11)
    },
    oak: (context) => crown(context, 7, ["#29431f", "#3a5a2b", "#4d7036"]),
    elm: (context) => crown(context, 9, ["#2c4a27", "#42653a", "#587a45"]),
    fir: (context) => needles(context, ["#1f3a26", "#2c4d31", "#3d6340"]),
}
/** How wide creatures are drawn, in metres. */
export const METRES = { sheep: 2.1, hare: 1.4, player: 2.2 }
/** Sprites kept: kinds × hues × sizes of a few zooms; all are dropped when there are more. */
const SPRITE_LIMIT = 512

const sprites = new Map()

/** The picture of a kind in a square of so many pixels; `hue` colours players. */
export function sprite(kind, hue, pixels) {
    const key = `${kind}/${hue}/${pixels}`
    let found = sprites.get(key)
    if (found) return found
    found = canvasOf(pixels)
    const context = found.getContext("2d")
    context.translate(pixels / 2, pixels / 2)
    context.scale(pixels, pixels)
    DRAWINGS[kind](context, hue)
    if (sprites.size >= SPRITE_LIMIT) sprites.clear()
    sprites.set(key, found)
    return found
}
