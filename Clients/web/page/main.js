// The page: connects, and wires what the connection says to map, log and panels.

import { fromHex } from "../client/bytes.js"
import { Connection } from "../client/connection.js"
import { keepHold, takeHold } from "../client/hold.js"
import { FieldError, entityText, parseEntity, parseField } from "../client/text.js"
import { banner } from "./banner.js"
import { byID, make } from "./dom.js"
import { grouped } from "./figures.js"
import { describeMap, showStatus } from "./hud.js"
import { Joystick } from "./joystick.js"
import { listenToKeys } from "./keys.js"
import { Log } from "./log.js"
import { WorldMap } from "./map.js"
import { Minimap } from "./minimap.js"
import { firstName, isName, nameBeside, rememberName } from "./names.js"
import { Nearby } from "./nearby.js"
import { outcomeText, rowText } from "./outcomes.js"
import { Panel } from "./panel.js"
import { Scene } from "./scene.js"
import { Steering } from "./steering.js"

/** Events with a speaker kept for scripts (`orge.heard`). */
const HEARD_LIMIT = 200
/** Milliseconds between two refreshes of what is shown beside the map. */
const [REFRESH, DESCRIBE] = [250, 2_000]
/** Pixels of a window's height from which the figures are open at first. */
const FIGURES_HEIGHT = 700
/** Milliseconds for which the banner says that the world or the session is back. */
const BACK_MILLISECONDS = 6_000
/** An unknown number of lost events. */
const UNKNOWN_COUNT = 0xffffffff

const query = new URLSearchParams(location.search)
const fragment = new URLSearchParams(location.hash.slice(1))
const compact = matchMedia("(max-width: 760px), (max-height: 520px)")
const tokenText = fragment.get("token") ?? query.get("token") ?? ""
const token = /^[0-9a-fA-F]{32}$/.test(tokenText) ? fromHex(tokenText) : null

let scene = null
let dilation = 1_000
let auditText = "–"
let lastOutcome = null
let awaySince = null
const heard = []

const log = new Log()
const steering = new Steering()
const panel = new Panel({ call })
const map = new WorldMap({
    canvas: byID("map"), calm: matchMedia("(prefers-reduced-motion: reduce)").matches,
    isLive: () => connection.state === "joined", onFrame: steer, onPick: (entity) => panel.select(entity),
})
const minimap = new Minimap(byID("minimap"))
const nearby = new Nearby({ onSelect: selectNeighbour })
const joystick = new Joystick({ onMove: (x, y) => { steering.stick = [x, y] } })

const ownName = firstName(query.get("name"), sessionStore())
/** The session of this tab's page before a reload. */
const kept = takeHold(sessionStore())
const isKept = kept?.name === ownName && (query.get("world") ?? kept.hold.world) === kept.hold.world

const connection = new Connection({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/session`, world: query.get("world"), hold: isKept ? kept.hold : null,
    name: takeName(ownName),
    rename: (taken) => takeName(rememberName(sessionStore(), nameBeside(taken))),
    emit: (kind, detail) => listeners[kind]?.(detail),
})

/** A browser may refuse the storage itself, not only its use: names.js then sees null and goes on without. */
function sessionStore() {
    try {
        return sessionStorage
    } catch {
        return null
    }
}

function takeName(name) {
    byID("name").value = name
    return name
}

function refreshStatus() { showStatus({ connection, scene, auditText, dilation, token }) }

function steer(now) {
    const { session } = connection
    if (!scene?.steering || connection.state !== "joined" || session.hostAway) return
    const intent = steering.next(scene.steering, scene.playback.period, now)
    if (intent) session.intent(...intent)
}

// ---------------------------------------------------------------------------------------------------- what the connection says

function onJoined({ avatar, tickMicroseconds, continued = false }) {
    const { schema } = connection.session
    steering.forget()
    awaySince = null
    banner("", null)
    // A view that goes on keeps its scene.
    if (continued) return
    if (scene && scene.schema.name !== schema.name) log.clear()
    scene = new Scene(connection.view, avatar, tickMicroseconds)
    map.scene = panel.scene = scene
    dilation = 1_000
    auditText = "–"
    byID("say").hidden = !scene.say
    if (scene.say) byID("words").maxLength = scene.say.fields[0].kind.capacity
    byID("tables").hidden = scene.position !== null
    byID("map").hidden = scene.position === null
    byID("around").hidden = scene.position === null
    joystick.want(scene.steering !== null)
    byID("keys").textContent = scene.position ? keyHints(scene) : ""
    panel.show(scene.position ? null : "commands")
}

const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`

function onResumed({ resent, forked, lostEvents }) {
    banner("good", `Resumed, ${counted(resent, "command")} sent again.`, { until: BACK_MILLISECONDS })
    if (forked) log.add("world", "bad", make("b", {}, "The world lost its latest moments. "), "It goes on from an earlier tick.")
    const missed = lostEvents === UNKNOWN_COUNT ? "Some events" : counted(lostEvents, "event")
    if (lostEvents > 0) log.add("world", "warn", `${missed} may have been missed.`)
}

/** The session was over before this client came back: a new one begins. */
function onEnded({ status }) {
    const why = status === "ended" ? "The old one ended while you were away." : "The server does not know the old one any more."
    log.add("world", "warn", make("b", {}, "A new session. "), why)
}

function onSettled(settled) {
    lastOutcome = settled
    log.add("world", "bad", make("b", {}, settled.command), ` ${outcomeText(settled, [])}`)
}

const keyHints = ({ steering: walks, say: speaks }) =>
    [walks && "W A S D: walk", speaks && "Enter: speak", "Click: inspect", "+ −: zoom"].filter(Boolean).join(" · ")

function onEvent({ tick, name, fields, value }) {
    const textField = fields.find((field) => field.kind.type === "text")
    const byField = fields.find((field) => field.kind.scalar === "entity")
    if (!textField || !byField) return log.add("world", "warn", make("b", {}, name), ` ${rowText(fields, value)}`)
    const by = value[byField.name]
    const text = value[textField.name]
    const speaker = scene.nameOf(by)
    heard.push({ tick: Number(tick), event: name, by: entityText(by), name: speaker, text })
    if (heard.length > HEARD_LIMIT) heard.shift()
    scene.speak(by, text, performance.now())
    return log.add("speech", by === scene.avatar ? "own" : "", make("b", {}, speaker), ` ${text}`)
}

function onOutcome(outcome) {
    lastOutcome = outcome
    log.add("world", outcome.status === "applied" ? "good" : "bad", make("b", {}, outcome.command), ` ${outcomeText(outcome, outcome.fields)}`)
}

function onHostBack({ incarnation }) {
    if (awaySince === null) return
    const seconds = ((performance.now() - awaySince) / 1_000).toFixed(2)
    awaySince = null
    banner("good", `The world is back after ${seconds} s, as you left it (incarnation ${incarnation}).`, { until: BACK_MILLISECONDS })
}

function onLost({ code, text, again, inFlight }) {
    steering.liftAll()
    const why = [code && code !== "left" ? code : "", text].filter(Boolean).join(": ")
    if (code === "resumedElsewhere") return banner("bad", "This session goes on in another tab or program.", { again: true })
    if (again === null) return banner("bad", `Disconnected. ${why}`, { again: true })
    return banner("warn", `Reconnecting, ${counted(inFlight, "command")} in flight (${why}; next try in ${(again / 1_000).toFixed(1)} s)…`, { again: true })
}

const listeners = {
    status: refreshStatus,
    joined: onJoined,
    view: (update) => scene.follow(update, performance.now()),
    event: onEvent,
    outcome: onOutcome,
    settled: onSettled,
    resumed: onResumed,
    ended: onEnded,
    hostAway() {
        awaySince = performance.now()
        banner("warn", "The world is being restarted… You stay connected.")
    },
    hostBack: onHostBack,
    timelineChanged({ forkTick }) {
        awaySince = null
        log.add("world", "bad", make("b", {}, "The world lost its latest moments. "), forkTick === null ? "" : `It goes on from tick ${forkTick}.`)
    },
    dilated({ permille }) { dilation = permille },
    stopping({ text }) { log.add("world", "warn", make("b", {}, "The server is about to stop. "), text) },
    joinRefused({ world, code, refusal, reason }) {
        banner("warn", `${world} cannot be joined: ${code}${code === "refused" ? ` (${refusal})` : ""}${reason ? `. ${reason}` : ""}`)
    },
    lost: onLost,
}

// ------------------------------------------------------------------------------------------------------- what the user does

/** Sends a command and never throws: one that could not be sent resolves to an outcome with status `unsent`. */
async function call(name, values, key = null) {
    try {
        const outcome = await connection.session.command(name, values, key)
        if (outcome.status !== "applied" && outcome.status !== "refused") lastOutcome = outcome
        return outcome
    } catch (error) {
        return { status: "unsent", command: name, reason: error.message }
    }
}

async function say(text) {
    if (!scene?.say) return { status: "unsent", command: "say", reason: "there is no speech in this world" }
    const [field] = scene.say.fields
    try {
        return await call("say", { [field.name]: parseField(field, text) })
    } catch (error) {
        if (!(error instanceof FieldError)) throw error
        log.add("world", "bad", make("b", {}, "say"), ` ${error.message}`)
        return { status: "unsent", command: "say", reason: error.message }
    }
}

/** @returns whether a kill frame was sent. */
function kill() {
    if (!token || connection.state !== "joined" || !connection.session.development) return false
    connection.session.kill(token)
    return true
}

async function audit() {
    auditText = "asking…"
    refreshStatus()
    try {
        const { rows, mismatches } = await connection.session.audit()
        auditText = `${grouped(rows)} rows, ${mismatches.length} mismatch${mismatches.length === 1 ? "" : "es"}`
        log.add("world", mismatches.length === 0 ? "good" : "bad", make("b", {}, "View audit: "), auditText)
        for (const { entity, component, why } of mismatches.slice(0, 3)) {
            log.add("world", "bad", `${entityText(entity)} ${scene.schema.componentByID.get(component)?.name ?? component}: ${why}`)
        }
        return { rows, mismatches: mismatches.length }
    } catch (error) {
        auditText = error.message
        return { rows: 0, mismatches: -1, error: error.message }
    } finally {
        refreshStatus()
    }
}

function rename(event) {
    event.preventDefault()
    const name = byID("name").value.trim()
    byID("name").blur()
    if (!isName(name)) {
        log.add("world", "bad", make("b", {}, "name"), " 1–32 letters, digits, _ - .")
        takeName(connection.name)
    } else if (name !== connection.name) connection.restart({ name: rememberName(sessionStore(), name) })
}

function speak(event) {
    event.preventDefault()
    const words = byID("words")
    if (words.value.trim() !== "") say(words.value.trim())
    words.value = ""
    words.blur()
}

function selectNeighbour(entity) {
    panel.select(scene.selected === entity ? null : entity)
    nearby.show(scene)
}

function toggleMenu() {
    const isOpen = byID("hud").classList.toggle("open")
    byID("menu").setAttribute("aria-expanded", String(isOpen))
}

byID("say").addEventListener("submit", speak)
byID("who").addEventListener("submit", rename)
byID("audit").addEventListener("click", audit)
byID("again").addEventListener("click", () => connection.open())
byID("menu").addEventListener("click", toggleMenu)
byID("kill").addEventListener("click", () => byID("killDialog").showModal())
byID("killNo").addEventListener("click", () => byID("killDialog").close())
byID("killYes").addEventListener("click", () => {
    byID("killDialog").close()
    kill()
})
listenToKeys({
    steering, map, canWalk: () => Boolean(scene?.steering), canSpeak: () => Boolean(scene?.say),
    onEscape: () => panel.show(null), onRelease: () => steer(performance.now()),
})
byID("more").open = !compact.matches && innerHeight >= FIGURES_HEIGHT
byID("near").open = !compact.matches

/** For tests and the console. `walk` takes −1…1 east and north; `say`, `call` and `audit` resolve to what came of them. */
window.orge = {
    say, kill, call, audit, heard, parseEntity,
    walk: (dx, dy) => steering.walk(dx, dy),
    select: (entity) => panel.select(entity),
    get state() { return connection.state },
    get hostAway() { return connection.session?.hostAway ?? false },
    get view() { return connection.view },
    get stats() { return { ...connection.stats, tick: Number(connection.session?.tick ?? 0n), incarnation: connection.session?.incarnation ?? 0 } },
    get lastOutcome() { return lastOutcome },
    /** Ends the connection as a network that fails does. */
    drop: () => connection.socket.close(),
    get reconnects() { return connection.reconnects },
    get resumes() { return connection.resumes },
    get resent() { return connection.resent },
    get inFlight() { return connection.inFlight },
    get world() { return scene?.schema.name ?? null },
    get schema() { return scene?.schema ?? null },
    get name() { return connection.name },
    get avatar() { return scene ? entityText(scene.avatar) : null },
    get position() { return scene?.position ? connection.view?.get(scene.avatar, scene.position.name) ?? null : null },
}

connection.open()
map.start()
addEventListener("pagehide", () => keepHold(sessionStore(), connection.name, connection.leaveForReload()))
// A page that the browser kept whole has given its session away.
addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload() })
setInterval(() => {
    steer(performance.now())
    panel.refresh()
    if (scene?.position) {
        minimap.draw(scene)
        nearby.show(scene)
    }
    if (connection.session?.hostAway && awaySince !== null) {
        banner("warn", `The world is being restarted… ${((performance.now() - awaySince) / 1_000).toFixed(1)} s. You stay connected.`)
    }
}, REFRESH)
setInterval(() => describeMap(byID("map"), scene), DESCRIBE)
