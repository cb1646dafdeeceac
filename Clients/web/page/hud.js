// The card at the top: which world, which state, which name, and the figures.

import { entityText } from "../client/text.js"
import { byID, make, show } from "./dom.js"
import { figuresOf } from "./figures.js"

/** `auditText` and `dilation` (permille) are shown with the figures; `token` is what a kill needs, or null. */
export function showStatus({ connection, scene, auditText, dilation, token }) {
    const { session, state, stats, reconnects } = connection
    const isAway = session?.hostAway ?? false
    byID("state").textContent = state === "joined" && isAway ? "world away" : state
    byID("state").dataset.state = isAway ? "away" : state
    byID("title").textContent = scene ? scene.schema.name : "Orge"
    document.title = scene ? `${scene.schema.name} · Orge` : "Orge"
    byID("avatar").textContent = scene ? `you are ${entityText(scene.avatar)}` : ""
    showWorlds(connection)
    const lines = figuresOf({ session, stats, reconnects, auditText, dilation })
    show(byID("numbers"), ...lines.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]))
    byID("kill").hidden = !(session?.development && token && state === "joined")
    byID("kill").disabled = isAway
    byID("audit").disabled = state !== "joined"
}

function showWorlds(connection) {
    const { session } = connection
    const worlds = session?.worlds ?? []
    byID("worlds").hidden = worlds.length < 2
    show(byID("worlds"), ...worlds.map((world) => make("button", {
        "aria-pressed": String(world.name === session.world), title: `${world.state}, ${world.pace}`,
        onclick: () => { if (world.name !== connection.session?.world) connection.restart({ world: world.name }) },
    }, world.state === "running" ? world.name : `${world.name} (${world.state})`)))
}

/** Describes the map in words, for screen readers. */
export function describeMap(canvas, scene) {
    if (!scene?.position) return
    const counts = {}
    for (const entity of scene.view.entities.values()) {
        const kind = entity.values.body?.kind
        if (kind && entity.id !== scene.avatar) counts[kind] = (counts[kind] ?? 0) + 1
    }
    const around = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`).join(", ")
    canvas.setAttribute("aria-label", `${scene.schema.name} around you: ${around || `${scene.view.entities.size} entities`}`)
}
