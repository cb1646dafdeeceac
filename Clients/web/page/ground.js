// Draws the ground: one small picture per known tile, plants on it, and mist where nothing is known yet.

import { scatter } from "./math.js"
import { canvasOf, oval } from "./sprites.js"

const TEXELS = 32
/** Tile pictures made per frame: bounds what a view full of new tiles costs one frame, and holds a tile with its neighbours. */
const TILES_PER_FRAME = 9
/** Points of the mist's mask for each side of a tile: the ground fades within so much of its last tile, which may be full of sheep. */
const MASK = 2
/** Points of the mask at most: a view zoomed far out stays cheap. */
const MASK_LIMIT = 40_000
/** Tiles narrower than so many pixels show no plants. */
const PLANTS_FROM = 40
export const MIST = [116, 134, 94]

/** One texel more on every side lets neighbours overlap, so that scaling leaves no seam. */
function paint(terrain, tile) {
    const size = TEXELS + 2
    tile.picture ??= canvasOf(size)
    const context = tile.picture.getContext("2d")
    const image = context.createImageData(size, size)
    const nine = terrain.around(tile)
    let at = 0
    for (let row = 0; row < size; row += 1) {
        for (let column = 0; column < size; column += 1) {
            const { colour } = terrain.look(tile, nine, (column - 0.5) / TEXELS - 0.5, 0.5 - (row - 0.5) / TEXELS)
            for (const each of colour) image.data[at++] = each
            image.data[at++] = 255
        }
    }
    context.putImageData(image, 0, 0)
    plant(terrain, tile, nine)
    tile.isStale = false
}

function plant(terrain, tile, nine) {
    tile.tufts = []
    tile.ripples = []
    for (let index = 0; index < 26; index += 1) {
        const [dx, dy, size] = [11, 12, 13].map((salt) => scatter(tile.column, tile.row, index * 3 + salt))
        const place = { dx: dx - 0.5, dy: dy - 0.5, size: 0.6 + size * 0.8, flower: index % 5 === 0 && tile.shown > 62 ? index : 0 }
        const { kind } = terrain.look(tile, nine, place.dx, place.dy)
        if (kind === "grass" && index < tile.shown / 4) tile.tufts.push(place)
        if (kind === "water" && index < 7) tile.ripples.push(place)
    }
}

/** Paints what is out of date, a few tiles a frame. */
function refresh(terrain, tiles) {
    terrain.noticeGrowth(tiles)
    for (const tile of tiles.filter((each) => each.isStale).slice(0, TILES_PER_FRAME)) paint(terrain, tile)
}

/** The known tiles in view. */
export function drawGround(context, { terrain }, camera, sway) {
    if (terrain.side === 0) return
    const pixels = terrain.side * camera.scale
    const pad = pixels / TEXELS
    const seen = []
    for (const tile of terrain.tiles.values()) {
        const [x, y] = camera.toScreen(tile.x, tile.y)
        if (x > -pixels && y > -pixels && x < camera.width + pixels && y < camera.height + pixels) seen.push({ tile, x, y })
    }
    refresh(terrain, seen.map((each) => each.tile))
    context.imageSmoothingEnabled = true
    for (const { tile, x, y } of seen) {
        if (!tile.picture) continue
        context.drawImage(tile.picture, x - pixels / 2 - pad, y - pixels / 2 - pad, pixels + 2 * pad, pixels + 2 * pad)
    }
    if (pixels <= PLANTS_FROM) return
    drawTufts(context, seen, pixels, sway)
    drawFlowers(context, seen, pixels)
    drawRipples(context, seen, pixels, sway)
}

const bladeOf = (pixels) => pixels / 8 * 0.32

function drawTufts(context, seen, pixels, sway) {
    const blade = bladeOf(pixels)
    for (const [colour, shift] of [["rgb(44 74 30 / 55%)", 0], ["rgb(176 206 108 / 60%)", 1.5]]) {
        context.beginPath()
        for (const { tile, x, y } of seen) {
            for (const tuft of tile.tufts) {
                const [px, py] = [x + tuft.dx * pixels + shift, y - tuft.dy * pixels]
                const lean = Math.sin(sway + tuft.dx * 9 + tile.column) * blade * 0.35
                for (const side of [-0.5, 0, 0.5]) {
                    context.moveTo(px + side * blade * 0.5, py)
                    context.lineTo(px + side * blade * 1.3 + lean, py - blade * tuft.size)
                }
            }
        }
        context.strokeStyle = colour
        context.lineWidth = 1.2
        context.stroke()
    }
}

function drawFlowers(context, seen, pixels) {
    const blade = bladeOf(pixels)
    for (const { tile, x, y } of seen) {
        for (const tuft of tile.tufts) {
            if (!tuft.flower) continue
            context.fillStyle = ["#fff7d6", "#f4d35e", "#d9b8f0"][Math.abs(tuft.flower + tile.column + tile.row * 2) % 3]
            oval(context, x + tuft.dx * pixels + blade * 0.4, y - tuft.dy * pixels - blade * 0.9, blade * 0.22, blade * 0.22)
        }
    }
}

function drawRipples(context, seen, pixels, sway) {
    const blade = bladeOf(pixels)
    context.strokeStyle = "rgb(214 238 240 / 34%)"
    context.lineWidth = 1.4
    context.beginPath()
    for (const { tile, x, y } of seen) {
        for (const ripple of tile.ripples) {
            const reach = blade * (0.7 + 0.5 * Math.sin(sway * 1.3 + ripple.dx * 20))
            const [px, py] = [x + ripple.dx * pixels, y - ripple.dy * pixels]
            context.moveTo(px - reach, py)
            context.quadraticCurveTo(px, py - reach * 0.35, px + reach, py)
        }
    }
    context.stroke()
}

const mask = canvasOf(1)

/** Mist where no tile is known: the known ground fades into it, but not into what lies outside of the world. */
export function drawMist(context, { terrain, edges }, camera) {
    if (terrain.side === 0) return
    const pixels = terrain.side * camera.scale
    const [left, top] = camera.toWorld(0, 0)
    const column = Math.floor((left - terrain.origin.x) / terrain.side + 0.5)
    const row = Math.ceil((top - terrain.origin.y) / terrain.side - 0.5)
    const [columns, rows] = [(Math.ceil(camera.width / pixels) + 3) * MASK, (Math.ceil(camera.height / pixels) + 3) * MASK]
    if (columns * rows > MASK_LIMIT) return
    const isKnown = (x, y) =>
        terrain.tiles.has(terrain.key(x, y)) || !edges.contains(terrain.origin.x + x * terrain.side, terrain.origin.y + y * terrain.side)
    Object.assign(mask, { width: columns, height: rows })
    const image = mask.getContext("2d").createImageData(columns, rows)
    for (let j = 0; j < rows; j += 1) {
        for (let i = 0; i < columns; i += 1) {
            // A point on a border belongs to all tiles that meet there.
            const [x, y] = [column + Math.floor(i / MASK), row - Math.floor(j / MASK)]
            const [west, north] = [i % MASK === 0 ? x - 1 : x, j % MASK === 0 ? y + 1 : y]
            const known = isKnown(x, y) && isKnown(west, y) && isKnown(x, north) && isKnown(west, north)
            image.data.set([...MIST, known ? 0 : 255], (j * columns + i) * 4)
        }
    }
    mask.getContext("2d").putImageData(image, 0, 0)
    // The middle of every MASK-th point of the mask lies on the north-west corner of a tile.
    const [x, y] = camera.toScreen(terrain.origin.x + (column - 0.5) * terrain.side, terrain.origin.y + (row + 0.5) * terrain.side)
    const point = pixels / MASK
    // Twice, so that the last of the known ground is as pale as the mist.
    for (let layer = 0; layer < 2; layer += 1) context.drawImage(mask, x - point / 2, y - point / 2, columns * point, rows * point)
}
