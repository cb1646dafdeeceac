// Smooth motion between updates.

import { clamp, mix } from "./math.js"

/** Ticks that drawing stays behind, so that the next sample has usually come when it is needed. */
const PLAYBACK_DELAY = 1.6
/** Samples kept per entity: more than the delay spans. */
const TRACK_LIMIT = 6

/** Maps this computer's time to world time, running evenly between updates and drifting towards their ticks. */
export class Playback {
    constructor(periodMilliseconds) {
        this.period = periodMilliseconds
        this.latest = 0
        this.at = 0
        this.tick = null
    }

    /** An update has brought the world to `tick`. */
    heard(tick, now) {
        if (tick <= this.latest) return
        this.latest = tick
        this.at = now
    }

    advance(now) {
        if (this.period === 0) return this.latest
        const goal = this.latest + Math.min((now - this.at) / this.period, 2) - PLAYBACK_DELAY
        if (this.tick === null || Math.abs(goal - this.tick) > 10) this.tick = goal
        else {
            const steps = Math.min(now - this.last, 250) / this.period
            this.tick += steps * (1 + clamp((goal - this.tick) * 0.15, -0.5, 0.5))
        }
        this.last = now
        return this.tick
    }
}

/** Where one entity was at its last few ticks. */
export class Track {
    constructor() {
        this.samples = []
        this.facing = 0
        this.moving = false
        this.x = 0
        this.y = 0
    }

    /** `before` is the tick of the last complete view: until then the entity stood where its last sample says. */
    add(before, tick, x, y) {
        const { samples } = this
        const last = samples.at(-1)
        // Until the first frame moves it, it stands where it was first seen.
        if (!last) Object.assign(this, { x, y })
        if (last && last.tick < before) samples.push({ tick: before, x: last.x, y: last.y })
        samples.push({ tick, x, y })
        if (samples.length > TRACK_LIMIT) samples.splice(0, samples.length - TRACK_LIMIT)
    }

    move(tick) {
        const { samples } = this
        const next = samples.findIndex((each) => each.tick > tick)
        const [from, to] = next === 0 ? [samples[0], samples[0]] : next < 0 ? [samples.at(-1), samples.at(-1)] : [samples[next - 1], samples[next]]
        const share = to.tick > from.tick ? clamp((tick - from.tick) / (to.tick - from.tick), 0, 1) : 0
        this.x = mix(from.x, to.x, share)
        this.y = mix(from.y, to.y, share)
        const [dx, dy] = [to.x - from.x, to.y - from.y]
        this.moving = dx !== 0 || dy !== 0
        if (!this.moving) return
        const turn = Math.atan2(dy, dx) - this.facing
        this.facing += Math.atan2(Math.sin(turn), Math.cos(turn)) * 0.25
    }
}
