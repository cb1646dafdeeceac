// The banner above the map: what goes on with the connection and the world.

import { byID } from "./dom.js"

let timer = null

/** Shows a text, or nothing for null. `until` hides it after so many milliseconds; `again` offers to connect again. */
export function banner(tone, text, { until = null, again = false } = {}) {
    clearTimeout(timer)
    byID("banner").hidden = text === null
    byID("banner").dataset.tone = tone
    byID("bannerText").textContent = text ?? ""
    byID("again").hidden = !again
    if (until !== null) timer = setTimeout(() => banner("", null), until)
}
