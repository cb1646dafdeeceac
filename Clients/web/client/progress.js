// What has come to a client for certain, so that the next connection of its session brings what is missing, once.

export class Progress {
    /** A newcomer gets events from the tick of its `joined` on. */
    constructor(tick) {
        /** The highest tick seen. */
        this.tick = tick
        /** Every reliable event of ticks through `eventsThrough` has come, and `eventsAfter` of the next one. */
        this.eventsThrough = tick > 0n ? tick - 1n : 0n
        this.eventsAfter = 0
        this.resume(false)
    }

    /** Another connection goes on, with the view or without. Until its first update has come, a view is that of the connection before. */
    resume(continued) {
        /** No update has come on this connection. */
        this.awaitsUpdate = true
        if (continued) return
        /** The tick of the last whole update, and how many there were with it on its connection. */
        this.viewTick = 0n
        this.updates = 0
    }

    /** The world goes on from an earlier tick. */
    fork(tick) {
        this.tick = tick
        if (tick < this.eventsThrough) this.eventsThrough = tick
        this.eventsAfter = 0
        this.resume(false)
    }

    /** A whole update: what belongs to the one before on this connection has come with it. */
    update(tick) {
        if (this.awaitsUpdate) this.updates = 0
        else this.raiseEvents(this.viewTick)
        this.awaitsUpdate = false
        this.viewTick = tick
        this.updates += 1
        this.advance(tick)
    }

    /** The outcomes of a tick come after its events. */
    outcome(tick) {
        this.raiseEvents(tick)
        this.advance(tick)
    }

    event(tick, isReliable) {
        this.raiseEvents(tick > 0n ? tick - 1n : 0n)
        if (isReliable && tick === this.eventsThrough + 1n && this.eventsAfter < 0xffff) this.eventsAfter += 1
        this.advance(tick)
    }

    raiseEvents(tick) {
        if (tick <= this.eventsThrough) return
        this.eventsThrough = tick
        this.eventsAfter = 0
    }

    advance(tick) { if (tick > this.tick) this.tick = tick }
}
