// The panel at the side: the forms of the world's commands, or one entity's rows; and the tables of a world without places.

import { entityText, valueText } from "../client/text.js"
import { byID, make, show } from "./dom.js"
import { commandForms } from "./forms.js"

/** Rows of each table, and buttons of entities without a place, at most: more are not read. */
const [TABLE_LIMIT, LOOSE_LIMIT] = [500, 60]
const TITLES = { commands: "Commands", entity: "Inspect" }

export class Panel {
    /** `call(name, values)` sends a command. */
    constructor({ call }) {
        this.call = call
        this.scene = null
        this.open = null
        byID("showCommands").addEventListener("click", () => this.toggle("commands"))
        byID("showEntity").addEventListener("click", () => this.toggle("entity"))
        byID("closeDrawer").addEventListener("click", () => this.show(null))
    }

    toggle(which) { this.show(this.open === which ? null : which) }

    /** `commands`, `entity` (the selected one, else the avatar), or null for none. */
    show(which) {
        this.open = which
        byID("drawer").hidden = which === null
        byID("showCommands").setAttribute("aria-pressed", String(which === "commands"))
        byID("showEntity").setAttribute("aria-pressed", String(which === "entity"))
        byID("drawerTitle").textContent = TITLES[which] ?? ""
        if (which === "commands") byID("drawerBody").replaceChildren(...this.forms())
        if (which !== "entity" && this.scene) this.scene.selected = null
        this.refresh()
    }

    select(entity) {
        if (this.scene) this.scene.selected = entity
        this.show(entity === null ? null : "entity")
    }

    /** Brings what is shown of the view up to date. */
    refresh() {
        if (this.open === "entity" && this.scene) show(byID("drawerBody"), ...entityView(this.scene, (id) => this.select(id)))
        if (this.scene && !this.scene.position) show(byID("tables"), ...tablesOf(this.scene))
    }

    forms() {
        const { scene } = this
        if (!scene) return [make("p", { class: "quiet" }, "No world is joined.")]
        if (scene.schema.commands.length === 0) return [make("p", { class: "quiet" }, "This world takes no commands.")]
        return commandForms(scene.schema.commands, { call: this.call, pickEntity: () => entityText(scene.selected ?? scene.avatar) })
    }
}

function entityView(scene, select) {
    const id = scene.selected ?? scene.avatar
    const entity = scene.view.entities.get(id)
    const title = [scene.labelOf(entity), id === scene.avatar ? "you" : "", entityText(id)].filter(Boolean).join(" · ")
    const head = make("div", {}, make("b", {}, title), entity ? null : make("p", { class: "quiet" }, "not in view (any more)"))
    const parts = entity ? [...entity.rows].map(([component, row]) => componentView(scene.schema.componentByID.get(component), row.value)) : []
    const isLoose = (each) => scene.position && !each.values[scene.position.name] && each.id !== id
    const loose = [...scene.view.entities.values()].filter(isLoose).slice(0, LOOSE_LIMIT)
    if (loose.length > 0) {
        const buttons = loose.map((each) => make("button", { onclick: () => select(each.id) }, scene.nameOf(each.id)))
        parts.push(make("div", {}, make("h3", {}, "in view without a place"), make("div", { class: "list" }, ...buttons)))
    }
    return [head, ...parts]
}

function componentView(component, value) {
    const cells = component.fields.flatMap((field) => [make("dt", {}, field.name), make("dd", {}, valueText(field, value[field.name]))])
    return make("div", {}, make("h3", {}, component.name), make("dl", { class: "row" }, ...cells))
}

/** One table for each component that has rows in view. */
function tablesOf(scene) {
    const tables = []
    for (const component of scene.schema.components) {
        const rows = [...scene.view.entities.values()].filter((each) => each.rows.has(component.id)).slice(0, TABLE_LIMIT)
        if (rows.length === 0) continue
        tables.push(make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": component.name }, tableOf(scene, component, rows)))
    }
    return [make("h2", {}, "What is yours"), ...(tables.length > 0 ? tables : [make("p", { class: "quiet" }, "nothing yet")])]
}

function tableOf(scene, component, rows) {
    const head = ["entity", ...component.fields.map((field) => field.name)].map((name) => make("th", { scope: "col" }, name))
    const cells = (entity) => component.fields.map((field) => make("td", {}, valueText(field, entity.values[component.name][field.name])))
    const line = (entity) => make("tr", {}, make("td", {}, entityText(entity.id) + (entity.id === scene.avatar ? " (you)" : "")), ...cells(entity))
    return make("table", {}, make("caption", {}, component.name), make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows.map(line)))
}
