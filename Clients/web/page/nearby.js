// The list of those near: name, direction and distance, nearest first.

import { byID, make } from "./dom.js"
import { hueOfName } from "./marks.js"

/** Rows at most: more are not read. */
const ROW_LIMIT = 60
const ARROWS = ["→", "↗", "↑", "↖", "←", "↙", "↓", "↘"]

/** The arrow for an angle in radians from east, counterclockwise. */
export const arrowFor = (angle) => ARROWS[(Math.round((angle / (Math.PI * 2)) * 8) + 8) % 8]

export class Nearby {
    constructor({ onSelect }) {
        this.list = byID("people")
        this.onSelect = onSelect
        this.rows = new Map()
    }

    show(scene) {
        const near = scene.neighbours()
        byID("nearCount").textContent = String(near.length)
        byID("nobody").hidden = near.length > 0
        const shown = near.slice(0, ROW_LIMIT)
        const kept = new Map()
        for (const each of shown) kept.set(each.id, this.row(each, scene))
        for (const [id, row] of this.rows) if (!kept.has(id)) row.remove()
        this.rows = kept
        const rows = [...kept.values()]
        // Rows do not change places under a pointer or a focus.
        if (this.list.matches(":hover, :focus-within")) this.list.append(...rows.filter((each) => !each.isConnected))
        else if (rows.some((each, index) => this.list.children[index] !== each)) this.list.replaceChildren(...rows)
    }

    row({ id, name, distance, angle }, scene) {
        const row = this.rows.get(id) ?? this.newRow(id, name)
        const [button] = row.children
        button.setAttribute("aria-pressed", String(scene.selected === id))
        button.lastChild.textContent = `${arrowFor(angle)} ${Math.round(distance / scene.metre)} m`
        return row
    }

    newRow(id, name) {
        const dot = make("i", { "aria-hidden": "true" })
        dot.style.background = `hsl(${hueOfName(name)} 70% 62%)`
        return make("li", {}, make("button", { onclick: () => this.onSelect(id) }, dot, make("span", { class: "name" }, name), make("span", { class: "far" })))
    }
}
