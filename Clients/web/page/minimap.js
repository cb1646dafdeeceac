// The minimap: the whole world where it has bounds, else the surroundings; the ground seen so far, the players near, and what the map shows.

import { mix } from "./math.js"
import { hueOfName } from "./marks.js"

/** Outer sights around the avatar that are shown of a world without bounds. */
const RADAR = 2
/** Share of a bounded world's side that is left around it, so that a dot on the border is whole. */
const MARGIN = 0.05
const [OUTSIDE, UNSEEN] = ["#1d2a1f", "#46534a"]
const SOIL_COLOURS = [null, "#3f7d9b", "#8b8980"]

/** The part of the world that is shown, as a square: { x, y: its middle, side }. */
export function frameOf({ edges, position }, centre) {
    if (!edges.isBounded) return { x: centre.x, y: centre.y, side: Math.max(position.outer, 1) * 2 * RADAR }
    const side = Math.max(edges.east - edges.west, edges.north - edges.south, 1)
    return { x: (edges.east + edges.west) / 2, y: (edges.north + edges.south) / 2, side: side * (1 + 2 * MARGIN) }
}

const grassColour = (grass) => `rgb(${[[166, 92], [158, 138], [96, 66]].map(([dry, lush]) => Math.round(mix(dry, lush, grass / 100))).join(" ")})`

export class Minimap {
    constructor(canvas) {
        this.canvas = canvas
        this.context = canvas.getContext("2d", { alpha: false })
    }

    draw(scene) {
        const { canvas, context } = this
        const { centre, camera } = scene
        if (!centre || !canvas.clientWidth) return
        const ratio = Math.min(devicePixelRatio || 1, 2)
        const side = canvas.clientWidth
        canvas.width = canvas.height = Math.round(side * ratio)
        context.setTransform(ratio, 0, 0, ratio, 0, 0)
        const frame = frameOf(scene, centre)
        const scale = side / frame.side
        const toScreen = (x, y) => [side / 2 + (x - frame.x) * scale, side / 2 - (y - frame.y) * scale]
        this.drawBase(scene.edges, toScreen, side)
        this.drawTiles(scene.terrain, toScreen, scale)
        this.drawDots(scene, toScreen)
        if (camera) this.drawWindow(camera, toScreen, scale)
    }

    drawBase({ isBounded, west, east, south, north }, toScreen, side) {
        const { context } = this
        context.fillStyle = isBounded ? OUTSIDE : UNSEEN
        context.fillRect(0, 0, side, side)
        if (!isBounded) return
        const [left, top] = toScreen(west, north)
        const [right, bottom] = toScreen(east, south)
        context.fillStyle = UNSEEN
        context.fillRect(left, top, right - left, bottom - top)
    }

    drawTiles(terrain, toScreen, scale) {
        const pixels = terrain.side * scale
        for (const tile of terrain.tiles.values()) {
            const [x, y] = toScreen(tile.x, tile.y)
            this.context.fillStyle = SOIL_COLOURS[tile.soil] ?? grassColour(tile.grass)
            // Half a pixel more, so that no line shows between two tiles.
            this.context.fillRect(x - pixels / 2, y - pixels / 2, pixels + 0.5, pixels + 0.5)
        }
    }

    /** Other creatures small, named ones in their colour, the avatar on top. */
    drawDots(scene, toScreen) {
        const named = []
        this.context.fillStyle = "rgb(255 255 255 / 62%)"
        for (const [id, track] of scene.tracks) {
            const entity = scene.view.entities.get(id)
            if (!entity || entity.values.ground || id === scene.avatar) continue
            const name = scene.labelOf(entity)
            const [x, y] = toScreen(track.x, track.y)
            if (name) named.push([x, y, name])
            else this.context.fillRect(x - 0.75, y - 0.75, 1.5, 1.5)
        }
        for (const [x, y, name] of named) this.dot(x, y, 2.6, `hsl(${hueOfName(name)} 85% 68%)`, "rgb(0 0 0 / 65%)")
        const mine = scene.tracks.get(scene.avatar)
        if (mine) this.dot(...toScreen(mine.x, mine.y), 3.8, "#e6ff9b", "#18210b")
    }

    dot(x, y, radius, fill, stroke) {
        const { context } = this
        context.beginPath()
        context.arc(x, y, radius, 0, Math.PI * 2)
        context.fillStyle = fill
        context.strokeStyle = stroke
        context.lineWidth = 1.2
        context.fill()
        context.stroke()
    }

    /** What the map shows. */
    drawWindow(camera, toScreen, scale) {
        const [left, top] = toScreen(...camera.toWorld(0, 0))
        const [width, height] = [camera.width, camera.height].map((pixels) => (pixels / camera.scale) * scale)
        this.context.strokeStyle = "rgb(255 255 255 / 75%)"
        this.context.lineWidth = 1
        this.context.strokeRect(left + 0.5, top + 0.5, width, height)
    }
}
