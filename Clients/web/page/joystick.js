// A joystick for fingers: shown on touch screens, and as soon as a finger touches any screen.

import { byID } from "./dom.js"

/** Pixels from the middle to full speed. */
const REACH = 42

/** `onMove(x, y)` gets the direction within −1…1, east and north; 0, 0 when it is let go. */
export class Joystick {
    constructor({ onMove }) {
        this.base = byID("stick")
        this.knob = byID("knob")
        this.onMove = onMove
        this.pointer = null
        this.isWanted = false
        this.isTouch = matchMedia("(pointer: coarse)").matches
        addEventListener("pointerdown", (event) => { if (event.pointerType === "touch") this.touched() }, { capture: true })
        this.base.addEventListener("pointerdown", (event) => this.grab(event))
        this.base.addEventListener("pointermove", (event) => { if (event.pointerId === this.pointer) this.drag(event) })
        for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) {
            this.base.addEventListener(kind, (event) => { if (event.pointerId === this.pointer) this.release() })
        }
        this.update()
    }

    /** Whether the world that is joined can be walked in. */
    want(isWanted) {
        this.isWanted = isWanted
        if (!isWanted) this.release()
        this.update()
    }

    touched() {
        this.isTouch = true
        this.update()
    }

    update() {
        this.base.hidden = !(this.isWanted && this.isTouch)
        document.documentElement.classList.toggle("sticks", !this.base.hidden)
    }

    grab(event) {
        event.preventDefault()
        this.pointer = event.pointerId
        this.base.setPointerCapture(event.pointerId)
        this.drag(event)
    }

    drag(event) {
        const box = this.base.getBoundingClientRect()
        let [x, y] = [(event.clientX - box.x - box.width / 2) / REACH, (event.clientY - box.y - box.height / 2) / REACH]
        const length = Math.hypot(x, y)
        if (length > 1) [x, y] = [x / length, y / length]
        this.knob.style.transform = `translate(${x * REACH}px, ${y * REACH}px)`
        this.onMove(x, -y)
    }

    release() {
        this.pointer = null
        this.knob.style.transform = ""
        this.onMove(0, 0)
    }
}
