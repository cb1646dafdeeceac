// The keyboard: walking, zooming, speaking, closing.

import { byID, isTyping } from "./dom.js"
import { ZOOM_STEP } from "./map.js"
import { isSteeringKey } from "./steering.js"

/** Parts that scroll with the arrow keys while they have the focus. */
const SCROLLERS = "#log, #drawerBody, #tables, #people, #hudBody"

/** `canWalk()` and `canSpeak()` ask about the joined world; `onRelease()` runs when the keys cannot be heard any more. */
export function listenToKeys({ steering, map, canWalk, canSpeak, onEscape, onRelease }) {
    addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || byID("killDialog").open) return
        if (event.key === "Escape") return void (isTyping(event.target) ? event.target.blur() : onEscape())
        if (isTyping(event.target)) return
        if (event.key === "+" || event.key === "=") map.zoomBy(ZOOM_STEP)
        if (event.key === "-") map.zoomBy(1 / ZOOM_STEP)
        if (event.key === "Enter" && !event.target.closest?.("button, summary") && canSpeak()) {
            byID("words").focus()
            event.preventDefault()
        }
        if (!isSteeringKey(event.code) || !canWalk()) return
        if (event.code.startsWith("Arrow") && event.target.closest?.(SCROLLERS)) return
        steering.press(event.code)
        event.preventDefault()
    })
    addEventListener("keyup", (event) => steering.lift(event.code))
    // A page that is left hears of no released key, and draws no frames: the world must be told here.
    const release = () => {
        steering.liftAll()
        onRelease()
    }
    addEventListener("blur", release)
    document.addEventListener("visibilitychange", release)
}
