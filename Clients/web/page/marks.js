// What stands above the ground on the map: creatures, names, speech, the selection.

import { clamp, hueOf } from "./math.js"
import { METRES, oval, sprite } from "./sprites.js"

const FONT = "system-ui, \"Segoe UI\", Roboto, \"DejaVu Sans\", sans-serif"
const OWN = "#e6ff9b"
const [BUBBLE_WIDTH, BUBBLE_LINES] = [190, 4]

const kindOf = (entity) => (Object.hasOwn(METRES, entity.values.body?.kind ?? "") ? entity.values.body.kind : null)
/** A name's colour: few hues, so that few sprites are drawn. */
export const hueOfName = (name) => Math.round(hueOf(name) / 15) * 15

export function drawEntity(context, scene, { id, entity, track, x, y }, camera, now, { calm, ratio }) {
    const kind = kindOf(entity)
    if (!kind) return drawDot(context, scene, id, entity, x, y)
    const size = METRES[kind] * scene.metre * camera.scale
    const hop = kind === "hare" && track.moving && !calm ? Math.abs(Math.sin(now / 110 + Number(id & 63n))) * size * 0.22 : 0
    context.fillStyle = "rgb(15 25 12 / 32%)"
    oval(context, x + size * 0.06, y + size * 0.1, size * 0.4, size * 0.33)
    if (id === scene.avatar) {
        context.strokeStyle = OWN
        context.lineWidth = 2
        context.beginPath()
        context.arc(x, y, size * 0.62, 0, Math.PI * 2)
        context.stroke()
    }
    const pixels = Math.max(8, Math.ceil((size * ratio) / 4) * 4)
    context.save()
    context.translate(x, y - hop)
    context.rotate(-track.facing)
    context.drawImage(sprite(kind, kind === "player" ? hueOfName(scene.labelOf(entity)) : 0, pixels), -size / 2, -size / 2, size, size)
    context.restore()
    return undefined
}

/** An entity of a kind that has no drawing here. */
function drawDot(context, scene, id, entity, x, y) {
    const isMine = id === scene.avatar
    context.fillStyle = `hsl(${hueOf([...entity.rows.keys()].join())} 60% 62%)`
    oval(context, x, y, isMine ? 7 : 4.5, isMine ? 7 : 4.5)
    if (!isMine) return
    context.strokeStyle = "#fff"
    context.lineWidth = 2
    context.stroke()
}

export function drawLabel(context, scene, { id, entity, x, y }, camera) {
    const text = scene.labelOf(entity)
    if (!text) return
    const below = kindOf(entity) ? METRES.player * scene.metre * camera.scale * 0.62 + 14 : 18
    const isMine = id === scene.avatar
    context.font = `${isMine ? 700 : 600} 12.5px ${FONT}`
    context.textAlign = "center"
    context.lineWidth = 3.5
    context.lineJoin = "round"
    context.strokeStyle = "rgb(10 16 12 / 82%)"
    context.strokeText(text, x, y + below)
    context.fillStyle = isMine ? OWN : "#f7f9f2"
    context.fillText(text, x, y + below)
}

function wrap(context, text) {
    const lines = [""]
    for (const word of text.split(/\s+/)) {
        const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word
        if (context.measureText(longer).width <= BUBBLE_WIDTH) lines[lines.length - 1] = longer
        else lines.push(word)
    }
    const shown = lines.filter((line) => line !== "").slice(0, BUBBLE_LINES)
    return shown.map((line) => (context.measureText(line).width <= BUBBLE_WIDTH * 1.3 ? line : `${[...line].slice(0, 24).join("")}…`))
}

export function drawBubble(context, scene, { id, x, y }, camera, now) {
    const bubble = scene.bubbles.get(id)
    if (!bubble) return
    const left = bubble.until - now
    if (left <= 0) return void scene.bubbles.delete(id)
    context.font = `13px ${FONT}`
    const lines = wrap(context, bubble.text)
    const width = Math.max(...lines.map((line) => context.measureText(line).width)) + 20
    const height = lines.length * 17 + 11
    const bottom = y - METRES.player * scene.metre * camera.scale * 0.6 - 10
    context.globalAlpha = clamp(left / 600, 0, 1)
    context.fillStyle = "rgb(252 253 246 / 96%)"
    context.beginPath()
    context.roundRect(x - width / 2, bottom - height, width, height, 10)
    context.moveTo(x - 6, bottom)
    context.lineTo(x, bottom + 8)
    context.lineTo(x + 6, bottom)
    context.fill()
    context.fillStyle = "#1d2619"
    context.textAlign = "center"
    lines.forEach((line, index) => context.fillText(line, x, bottom - height + 18 + index * 17))
    context.globalAlpha = 1
}

export function drawSelection(context, scene, camera, now, { calm }) {
    const { selected, terrain } = scene
    if (selected === null) return
    const tile = terrain.byEntity.get(selected)
    context.strokeStyle = "#fff"
    context.lineWidth = 2
    context.setLineDash([6, 5])
    context.lineDashOffset = calm ? 0 : -now / 60
    if (tile) {
        const pixels = terrain.side * camera.scale
        const [x, y] = camera.toScreen(tile.x, tile.y)
        context.strokeRect(x - pixels / 2, y - pixels / 2, pixels, pixels)
    } else if (scene.tracks.has(selected)) {
        const track = scene.tracks.get(selected)
        context.beginPath()
        context.arc(...camera.toScreen(track.x, track.y), Math.max(16, 1.2 * scene.metre * camera.scale), 0, Math.PI * 2)
        context.stroke()
    }
    context.setLineDash([])
}
