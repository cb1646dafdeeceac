// What lies outside of the world's bounds: a forest beyond a fence, where the world has a ground; else a darker plane.

import { scatter } from "./math.js"
import { oval, sprite } from "./sprites.js"

/** Metres: side of the cell that holds one tree, from the fence to the first trunks, and between two posts of the fence. */
const [CELL, MARGIN, POST] = [2.6, 1.1, 4]
/** Metres of grass beyond the fence, and the steps in which it fades. */
const [VERGE, VERGE_STEPS] = [4, 10]
/** Trees per frame at most: a view zoomed far out shows the forest's floor alone. */
const TREE_LIMIT = 2_500
const FLOOR = "#31492b"
const TREES = ["oak", "elm", "fir"]

/** Fills what is outside and draws the border. Does nothing in a world without bounds. */
export function drawBeyond(context, scene, camera) {
    const { edges } = scene
    if (!edges.isBounded) return
    const [left, top] = camera.toScreen(edges.west, edges.north)
    const [right, bottom] = camera.toScreen(edges.east, edges.south)
    const isInside = left < 0 && top < 0 && right > camera.width && bottom > camera.height
    if (isInside) return
    context.save()
    context.beginPath()
    context.rect(0, 0, camera.width, camera.height)
    context.rect(left, top, right - left, bottom - top)
    context.clip("evenodd")
    context.fillStyle = scene.hasGround ? FLOOR : "rgb(0 0 0 / 38%)"
    context.fillRect(0, 0, camera.width, camera.height)
    if (scene.hasGround) drawVerge(context, camera, scene.metre, [left, top, right, bottom])
    context.restore()
    if (scene.hasGround) {
        drawTrees(context, scene, camera)
        drawFence(context, camera, scene.metre, [left, top, right, bottom])
    } else {
        context.strokeStyle = "rgb(233 214 160 / 55%)"
        context.lineWidth = 3
        context.strokeRect(left, top, right - left, bottom - top)
    }
}

/** Grass between the fence and the forest, fading into its floor. */
function drawVerge(context, camera, metre, [left, top, right, bottom]) {
    context.fillStyle = "rgb(104 140 66 / 16%)"
    for (let step = 1; step <= VERGE_STEPS; step += 1) {
        const reach = (VERGE * step / VERGE_STEPS) * metre * camera.scale
        context.beginPath()
        context.roundRect(left - reach, top - reach, right - left + 2 * reach, bottom - top + 2 * reach, reach)
        context.fill()
    }
}

function drawTrees(context, { edges, metre }, camera) {
    const cell = CELL * metre
    const margin = MARGIN * metre
    const [west, north] = camera.toWorld(-cell * camera.scale, -cell * camera.scale)
    const [east, south] = camera.toWorld(camera.width + cell * camera.scale, camera.height + cell * camera.scale)
    const [columns, rows] = [(east - west) / cell, (north - south) / cell]
    if (columns * rows > TREE_LIMIT) return
    for (let row = Math.floor(north / cell); row >= south / cell; row -= 1) {
        for (let column = Math.ceil(west / cell); column <= east / cell; column += 1) {
            const draw = (salt) => scatter(column, row, salt)
            const [x, y] = [(column + draw(21) * 0.7) * cell, (row + draw(22) * 0.7) * cell]
            const isOutside = x < edges.west - margin || x > edges.east + margin || y < edges.south - margin || y > edges.north + margin
            if (isOutside) drawTree(context, camera, x, y, draw(23), draw(24), cell)
        }
    }
}

function drawTree(context, camera, x, y, kind, girth, cell) {
    const size = cell * (1.05 + girth * 0.6) * camera.scale
    const [px, py] = camera.toScreen(x, y)
    context.fillStyle = "rgb(12 22 10 / 34%)"
    oval(context, px + size * 0.07, py + size * 0.1, size * 0.46, size * 0.44)
    const picture = sprite(TREES[Math.floor(kind * TREES.length)], 0, Math.max(16, Math.ceil(size / 16) * 16))
    context.drawImage(picture, px - size / 2, py - size / 2, size, size)
}

/** Two rails, and posts at the same places for every camera. */
function drawFence(context, camera, metre, [left, top, right, bottom]) {
    const unit = metre * camera.scale
    for (const [grow, colour, width] of [[0.28, "#7d6443", 0.2], [0, "#a98a5e", 0.16]]) {
        context.strokeStyle = colour
        context.lineWidth = Math.max(1.5, width * unit)
        const reach = grow * unit
        context.strokeRect(left - reach, top - reach, right - left + 2 * reach, bottom - top + 2 * reach)
    }
    const step = POST * unit
    if (step < 12) return
    const post = Math.max(3, 0.5 * unit)
    context.fillStyle = "#6b5335"
    const square = (x, y) => context.fillRect(x - post / 2, y - post / 2, post, post)
    for (let x = left + Math.max(0, Math.floor(-left / step)) * step; x <= Math.min(right, camera.width + post); x += step) {
        for (const y of [top, bottom]) if (y > -post && y < camera.height + post) square(x, y)
    }
    for (let y = top + Math.max(0, Math.floor(-top / step)) * step; y <= Math.min(bottom, camera.height + post); y += step) {
        for (const x of [left, right]) if (x > -post && x < camera.width + post) square(x, y)
    }
    square(right, bottom)
}
