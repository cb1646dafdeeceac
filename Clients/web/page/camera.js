// From places in the world to pixels of the screen, and back. y grows to the north; on the screen it grows downwards.

import { clamp } from "./math.js"

/** Share of the inner sight that fits on half of the longer side: what lies there is known as soon as one arrives. */
const INNER_SHARE = 0.85
/** Units shown on half of the longer side where a world tells no sight. */
const REACH = 3_600
export const [ZOOM_LEAST, ZOOM_MOST] = [0.4, 4]

export const clampZoom = (zoom) => clamp(zoom, ZOOM_LEAST, ZOOM_MOST)

/** A camera above `centre`; `scale` is pixels for each unit of the world. */
export function cameraOver(centre, position, width, height, zoom) {
    const reach = position.inner > 0 ? position.inner * INNER_SHARE : REACH
    const scale = (Math.max(width, height) / 2 / reach) * zoom
    return {
        x: centre.x, y: centre.y, width, height, scale,
        toScreen: (x, y) => [width / 2 + (x - centre.x) * scale, height / 2 - (y - centre.y) * scale],
        toWorld: (x, y) => [centre.x + (x - width / 2) / scale, centre.y - (y - height / 2) / scale],
    }
}
