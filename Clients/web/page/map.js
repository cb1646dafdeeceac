// The map: the canvas that fills the window, its frames, and what a pointer does on it.

import { drawBeyond } from "./beyond.js"
import { cameraOver, clampZoom } from "./camera.js"
import { drawGround, drawMist, MIST } from "./ground.js"
import { drawBubble, drawEntity, drawLabel, drawSelection } from "./marks.js"

/** Pixels of a screen's pixel drawn at most: more costs time and shows no difference. */
const RATIO_LIMIT = 2
/** Pixels around a pointer in which a creature is picked. */
const PICK_REACH = 26
/** Pixels that a press may move and still be a pick. */
const PRESS_REACH = 12
/** Pixels beyond the canvas where creatures are still drawn, for their names and bubbles. */
const OVERHANG = 80
const EMPTY = "#0e1513"
/** By how much one key press zooms. */
export const ZOOM_STEP = 1.25

/**
 * Draws a scene. `isLive()` says whether what is drawn is the world as it is now; `onFrame(now)` runs before each frame; `onPick(entity or null)`
 * gets what was clicked.
 */
export class WorldMap {
    constructor({ canvas, calm, isLive, onFrame, onPick }) {
        Object.assign(this, { canvas, calm, isLive, onFrame, onPick })
        this.context = canvas.getContext("2d", { alpha: false })
        this.scene = null
        this.zoom = 1
        this.pointers = new Map()
        this.listen()
    }

    start() { requestAnimationFrame((now) => this.frame(now)) }

    zoomBy(factor) { this.zoom = clampZoom(this.zoom * factor) }

    frame(now) {
        requestAnimationFrame((next) => this.frame(next))
        this.onFrame(now)
        const { context, canvas, scene } = this
        const ratio = Math.min(devicePixelRatio || 1, RATIO_LIMIT)
        const { clientWidth: width, clientHeight: height } = canvas
        const size = { width: Math.round(width * ratio), height: Math.round(height * ratio) }
        if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size)
        context.setTransform(ratio, 0, 0, ratio, 0, 0)
        context.fillStyle = scene?.hasGround ? `rgb(${MIST.join(" ")})` : EMPTY
        context.fillRect(0, 0, width, height)
        if (!scene?.position) return
        scene.advance(now)
        const { centre } = scene
        if (!centre) return
        scene.camera = cameraOver(centre, scene.position, width, height, this.zoom)
        this.draw(scene, scene.camera, now, ratio)
        if (this.isLive()) return
        // What is drawn is what was last seen.
        context.fillStyle = "rgb(14 21 19 / 55%)"
        context.fillRect(0, 0, width, height)
    }

    draw(scene, camera, now, ratio) {
        const { context, calm } = this
        if (scene.hasGround) {
            drawGround(context, scene, camera, calm ? 0 : now / 900)
            drawMist(context, scene, camera)
        } else drawGrid(context, camera)
        drawBeyond(context, scene, camera)
        drawSight(context, scene, camera)
        const shown = shownEntities(scene, camera)
        drawSelection(context, scene, camera, now, { calm })
        for (const each of shown) drawEntity(context, scene, each, camera, now, { calm, ratio })
        for (const each of shown) drawLabel(context, scene, each, camera)
        for (const each of shown) drawBubble(context, scene, each, camera, now)
    }

    listen() {
        const { canvas, pointers } = this
        canvas.addEventListener("pointerdown", (event) => {
            pointers.set(event.pointerId, { x: event.clientX, y: event.clientY, fromX: event.clientX, fromY: event.clientY })
            if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
        })
        canvas.addEventListener("pointermove", (event) => this.pinch(event))
        canvas.addEventListener("pointerup", (event) => {
            const pointer = pointers.get(event.pointerId)
            pointers.delete(event.pointerId)
            if (pointer && !pointer.hasMoved && pointers.size === 0) this.pick(event.clientX, event.clientY)
        })
        canvas.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId))
        canvas.addEventListener("wheel", (event) => {
            this.zoomBy(Math.exp(-event.deltaY / 600))
            event.preventDefault()
        }, { passive: false })
    }

    /** Two fingers zoom by the change of their distance. */
    pinch(event) {
        const pointer = this.pointers.get(event.pointerId)
        if (!pointer) return
        const spread = () => {
            const [a, b] = [...this.pointers.values()]
            return b ? Math.hypot(a.x - b.x, a.y - b.y) : 0
        }
        const before = spread()
        pointer.x = event.clientX
        pointer.y = event.clientY
        pointer.hasMoved ||= before > 0 || Math.hypot(pointer.x - pointer.fromX, pointer.y - pointer.fromY) > PRESS_REACH
        if (before > 0) this.zoomBy(spread() / before)
    }

    pick(x, y) {
        const { scene } = this
        if (scene?.camera) this.onPick(scene.pick(...scene.camera.toWorld(x, y), PICK_REACH / scene.camera.scale))
    }
}

/** Creatures on the screen, those in front last. */
function shownEntities(scene, camera) {
    const shown = []
    for (const [id, track] of scene.tracks) {
        const entity = scene.view.entities.get(id)
        if (!entity || entity.values.ground) continue
        const [x, y] = camera.toScreen(track.x, track.y)
        if (x < -OVERHANG || y < -OVERHANG || x > camera.width + OVERHANG || y > camera.height + OVERHANG) continue
        shown.push({ id, entity, track, x, y })
    }
    return shown.sort((a, b) => a.y - b.y)
}

/** A world without ground: lines at distances that are a power of two. */
function drawGrid(context, camera) {
    const step = 2 ** Math.round(Math.log2(80 / camera.scale))
    const [left, top] = camera.toWorld(0, 0)
    const [right, bottom] = camera.toWorld(camera.width, camera.height)
    context.beginPath()
    for (let x = Math.ceil(left / step) * step; x <= right; x += step) {
        const [at] = camera.toScreen(x, 0)
        context.moveTo(at, 0)
        context.lineTo(at, camera.height)
    }
    for (let y = Math.ceil(bottom / step) * step; y <= top; y += step) {
        const [, at] = camera.toScreen(0, y)
        context.moveTo(0, at)
        context.lineTo(camera.width, at)
    }
    context.strokeStyle = "rgb(255 255 255 / 6%)"
    context.lineWidth = 1
    context.stroke()
}

/** A soft shade from the inner to the outer sight: creatures out there may be missing. */
function drawSight(context, scene, camera) {
    const { inner, outer } = scene.position
    if (!scene.tracks.has(scene.avatar) || outer <= 0) return
    const [x, y] = [camera.width / 2, camera.height / 2]
    const shade = context.createRadialGradient(x, y, inner * camera.scale * 0.9, x, y, outer * camera.scale)
    shade.addColorStop(0, "rgb(22 32 26 / 0%)")
    shade.addColorStop(1, "rgb(22 32 26 / 34%)")
    context.fillStyle = shade
    context.fillRect(0, 0, camera.width, camera.height)
}
