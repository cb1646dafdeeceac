// From keys, joystick and scripts to the intent that walks.

import { clamp } from "./math.js"

const KEYS = {
    KeyW: [0, 1], ArrowUp: [0, 1], KeyS: [0, -1], ArrowDown: [0, -1], KeyA: [-1, 0], ArrowLeft: [-1, 0], KeyD: [1, 0], ArrowRight: [1, 0],
}
/** Milliseconds between two intents at least, in a world without a fixed tick. */
const LEAST_PAUSE = 20

export const isSteeringKey = (code) => Object.hasOwn(KEYS, code)

/** The intent that steers: one with the fields dx and dy. `value` is what to send for −1…1; null where there is none. */
export function steeringOf(schema) {
    for (const intent of schema.intents) {
        const [dx, dy] = ["dx", "dy"].map((name) => intent.fields.find((field) => field.name === name || field.name.endsWith(`.${name}`)))
        if (!dx || !dy || dx.kind.type !== "scalar" || dy.kind.type !== "scalar") continue
        const isReal = dx.kind.scalar.startsWith("f")
        const reach = dx.bounds ? Number(dx.bounds[1]) : isReal ? 1 : 100
        return { name: intent.name, dx: dx.name, dy: dy.name, value: (share) => (isReal ? share * reach : Math.round(share * reach)) }
    }
    return null
}

export class Steering {
    constructor() {
        this.held = new Set()
        /** Directions within −1…1, east and north: from a script (`orge.walk`) and from the joystick. */
        this.scripted = [0, 0]
        this.stick = [0, 0]
        this.forget()
    }

    /** A world was joined: it has no direction of ours yet. */
    forget() {
        this.sent = null
        this.sentAt = 0
    }

    walk(dx, dy) { this.scripted = [clamp(dx, -1, 1), clamp(dy, -1, 1)] }
    press(code) { this.held.add(code) }
    lift(code) { this.held.delete(code) }
    liftAll() { this.held.clear() }

    /** East and north, together no longer than 1. */
    get direction() {
        let [x, y] = [this.scripted[0] + this.stick[0], this.scripted[1] + this.stick[1]]
        for (const code of this.held) {
            x += KEYS[code][0]
            y += KEYS[code][1]
        }
        const length = Math.hypot(x, y)
        return length > 1 ? [x / length, y / length] : [x, y]
    }

    /** The intent to send now, as [name, values]: only when the direction has changed, and at most once a tick of `period` milliseconds. */
    next(intent, period, now) {
        const [x, y] = this.direction.map(intent.value)
        if (this.sent && this.sent[0] === x && this.sent[1] === y) return null
        if (now - this.sentAt < Math.max(period, LEAST_PAUSE)) return null
        this.sent = [x, y]
        this.sentAt = now
        return [intent.name, { [intent.dx]: x, [intent.dy]: y }]
    }
}
