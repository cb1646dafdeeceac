// The Orge client for browsers, without dependencies and without the page: a WebSocket, a heartbeat, and a new Session when one is lost.
//
// From the bottom up: bytes.js, fields.js (rows), schema.js (the schema document), frames.js and update.js (what travels, docs/protocol.md),
// view.js (what this client sees), commands.js and progress.js (what outlives a connection), hold.js (what outlives a page), session.js (one
// conversation: bytes in, bytes and events out), and this file.

import { MalformedError } from "./bytes.js"
import { NEVER } from "./frames.js"
import { SchemaCache, Session } from "./session.js"

/** Milliseconds between heartbeats; each sends a ping, which is also the latency sample shown. */
const HEARTBEAT = 1_000
/** Milliseconds before the next attempt after the first, second, … loss in a row, less up to a half at random; the last one repeats. */
const BACKOFF = [250, 500, 1_000, 2_000, 5_000]
/** Milliseconds, at random, before the first attempt after a joined connection was lost: the clients of a lost server come back spread out. */
const FIRST_PAUSE = 100
/** Milliseconds without anything from the server after which the connection counts as lost, though the socket does not say so. */
const SILENCE = 20_000
/** Milliseconds between two tries to join: the server takes one a second. */
const JOIN_PAUSE = 1_000
/** Milliseconds that the old socket has to close before the next one opens. */
const LEAVE_PATIENCE = 2_000
/** Worlds described while looking for one with a position; the server's bucket of describes and joins holds eight. */
const DESCRIBE_LIMIT = 6
/** Tries to take up a name that another connection holds: the server may not have noticed yet that ours is gone. */
const IN_USE_TRIES = 3
/** WebSocket.readyState. */
const [OPEN, CLOSED] = [1, 3]

/**
 * A Session that is kept alive: opens the WebSocket, picks a world, joins it, counts, pings, and goes on with it after a loss.
 *
 * `emit(kind, detail)` gets everything that Session emits, and: `status` (anything shown about the connection has changed), `lost` { code, text,
 * retryAfter, again: ms or null, inFlight: commands without an outcome }. `rename(taken)` gives another name when the old one is taken.
 * `createSocket(url)` makes the WebSocket. `hold` is of an earlier page (hold.js).
 */
export class Connection {
    constructor({ url, name, world = null, hold = null, rename, emit, createSocket = (address) => new WebSocket(address), random = Math.random }) {
        Object.assign(this, { url, name, wanted: world, hold, rename, emit, createSocket, random })
        this.schemas = new SchemaCache()
        this.session = null
        this.reconnects = 0
        /** Sessions gone on with, and commands sent again in them. */
        this.resumes = 0
        this.resent = 0
        this.isLost = false
        this.failures = 0
        this.stats = { latency: null, rows: 0, entities: 0, updatesPerSecond: 0, bytesInPerSecond: 0, bytesOutPerSecond: 0 }
        this.counts = { bytesIn: 0, bytesOut: 0, updates: 0 }
        this.sampled = { at: performance.now(), ...this.counts }
        this.heartbeat = setInterval(() => this.beat(), HEARTBEAT)
    }

    /** connecting, greeting, choosing, describing, joining, joined, waiting (for the next attempt), or closed (for good). */
    get state() { return this.stopped ? "closed" : this.retry ? "waiting" : this.session ? this.session.state.replace("new", "connecting") : "connecting" }
    get view() { return this.session?.view ?? null }

    open() {
        clearTimeout(this.retry)
        clearTimeout(this.rejoin)
        this.retry = null
        this.rejoin = null
        this.stopped = false
        this.inUse = 0
        this.described = 0
        this.closing = null
        const socket = this.createSocket(this.url)
        socket.binaryType = "arraybuffer"
        this.socket = socket
        const isCurrent = () => this.socket === socket
        const session = new Session({
            name: this.name, schemas: this.schemas, hold: this.hold,
            transmit: (bytes) => this.transmit(socket, bytes),
            emit: (kind, detail) => { if (isCurrent()) this.deliver(kind, detail) },
        })
        this.session = session
        this.hold = null
        this.lastReceived = performance.now()
        socket.onopen = () => {
            if (!isCurrent()) return
            this.lastReceived = performance.now()
            if (this.isLost) this.reconnects += 1
            this.isLost = false
            session.begin()
        }
        socket.onmessage = (message) => { if (isCurrent()) this.receive(session, new Uint8Array(message.data)) }
        socket.onclose = () => { if (isCurrent()) this.socketClosed() }
        this.emit("status", {})
    }

    transmit(socket, bytes) {
        if (socket.readyState !== OPEN) return
        socket.send(bytes)
        this.counts.bytesOut += bytes.length
        this.lastSent = performance.now()
    }

    receive(session, bytes) {
        this.counts.bytesIn += bytes.length
        this.lastReceived = performance.now()
        try {
            session.receive(bytes)
        } catch (error) {
            if (!(error instanceof MalformedError)) throw error
            this.closing = { code: "malformed", retryAfter: NEVER, text: `the server sent what the protocol does not allow: ${error.message}` }
            this.socket.close()
            return
        }
        // Browsers slow timers down in hidden pages, but not messages: keep well inside the server's idle limit.
        if (performance.now() - this.lastSent > 10 * HEARTBEAT && session.state !== "closed") this.ping()
    }

    /** Acts on what the session emits, and passes it on. */
    deliver(kind, detail) {
        if (kind === "worlds") this.choose()
        if (kind === "schema" && this.session.state === "choosing") this.choose()
        if (kind === "joined") this.failures = 0
        if (kind === "resumed") {
            this.resumes += 1
            this.resent += detail.resent
        }
        if (kind === "joinRefused") this.onJoinRefused(detail)
        if (kind === "view") this.counts.updates += 1
        if (kind === "pong") this.stats.latency = Number(this.microseconds() - detail.clientTime) / 1_000
        if (kind === "close") this.closing = detail
        this.emit(kind, detail)
        if (kind !== "view" && kind !== "pong") this.emit("status", {})
    }

    /** Joins the world asked for, else the only one, else the first with a position. */
    choose() {
        const { session } = this
        if (session.state !== "choosing" || this.rejoin) return
        const { worlds, hold } = session
        const name = hold?.world ?? this.wanted
        const wanted = worlds.find((each) => each.name === name)
        if (wanted && hold?.saved && !this.schemas.get(wanted.schemaHash) && wanted.schemaHash !== 0n && this.described < DESCRIBE_LIMIT) {
            // Outcomes of the page before come ahead of the schema that they are read with.
            this.described += 1
            return session.describe(wanted.name)
        }
        if (wanted) return this.joinWorld(wanted)
        if (name || worlds.length === 0) return undefined
        if (worlds.length === 1) return this.joinWorld(worlds[0])
        for (const world of worlds) {
            const schema = this.schemas.get(world.schemaHash)
            if (schema?.position) return this.joinWorld(world)
            if (schema || world.schemaHash === 0n || this.described >= DESCRIBE_LIMIT) continue
            this.described += 1
            return session.describe(world.name)
        }
        return this.joinWorld(worlds[0])
    }

    joinWorld(world) { if (world.state !== "failed") this.session.join(world.name) }

    onJoinRefused({ code, retryAfter }) {
        if (code === "accountInUse" && !this.session.hold && ++this.inUse >= IN_USE_TRIES) {
            this.name = this.rename(this.name)
            return this.restart()
        }
        if (retryAfter === NEVER || code === "unknownWorld" || code === "failed" || code === "refused") return undefined
        const { session } = this
        this.rejoin = setTimeout(() => {
            this.rejoin = null
            if (session === this.session) this.choose()
        }, Math.max(retryAfter, JOIN_PAUSE))
        return undefined
    }

    /** Leaves this world and connects again, to another world or under another name. */
    async restart({ world = this.wanted, name = this.name } = {}) {
        this.wanted = world
        this.name = name
        const old = this.socket
        if (!old) return // Another restart is under way and will use the new world and name.
        // The attempt that a loss has planned would open a second connection, which would hold our name.
        clearTimeout(this.retry)
        this.retry = null
        const left = old.readyState === CLOSED ? null : new Promise((resolve) => {
            old.onclose = resolve
            old.onmessage = null
            setTimeout(resolve, LEAVE_PATIENCE)
        })
        if (old.readyState === OPEN) this.session.leave()
        else old.close()
        this.session.end()
        this.hold = null
        this.socket = null
        await left
        old.close()
        if (!this.socket) this.open()
    }

    socketClosed() {
        this.isLost = true
        const closing = this.closing ?? { code: "", retryAfter: 0, text: "the connection was lost" }
        const isFinal = closing.retryAfter === NEVER
        const wasJoined = this.session.ticket !== null && this.failures === 0
        this.hold = isFinal || closing.code === "left" ? this.session.end() : this.session.suspend()
        const pause = this.pause(closing.retryAfter, wasJoined)
        this.failures += 1
        this.stopped = isFinal
        this.retry = isFinal ? null : setTimeout(() => this.open(), pause)
        this.emit("lost", { ...closing, again: isFinal ? null : pause, inFlight: this.hold?.commands?.inFlight ?? 0 })
        this.emit("status", {})
    }

    /** Milliseconds before the next attempt. */
    pause(retryAfter, wasJoined) {
        if (wasJoined) return Math.max(retryAfter, this.random() * FIRST_PAUSE)
        return Math.max(retryAfter, BACKOFF[Math.min(this.failures, BACKOFF.length - 1)] * (1 - this.random() / 2))
    }

    /** What the next page needs to go on with this one's session; null where there is nothing. The connection is not used any more. */
    leaveForReload() {
        this.stopped = true
        clearTimeout(this.retry)
        const hold = this.hold ?? this.session?.suspend() ?? null
        this.hold = null
        if (this.socket) this.socket.onclose = null
        this.socket?.close()
        return hold
    }

    /** Commands without an outcome, sent or waiting for credit. */
    get inFlight() { return (this.hold ?? this.session)?.commands?.inFlight ?? 0 }

    /** A dead network says nothing: what is silent is given up, and the next connection goes on with the session. */
    checkSilence(now) {
        if (this.stopped || this.retry || !this.socket || this.socket.readyState !== OPEN || now - this.lastReceived < SILENCE) return
        Object.assign(this.socket, { onopen: null, onmessage: null, onclose: null })
        this.socket.close()
        this.closing = { code: "", retryAfter: 0, text: "nothing came from the server for 20 s" }
        this.socketClosed()
    }

    microseconds() { return BigInt(Math.round(performance.now() * 1_000)) }

    ping() {
        if (["choosing", "describing", "joining", "joined"].includes(this.session?.state)) this.session.ping(this.microseconds())
    }

    beat() {
        const now = performance.now()
        const seconds = Math.max((now - this.sampled.at) / 1_000, 0.001)
        const rate = (name) => (this.counts[name] - this.sampled[name]) / seconds
        Object.assign(this.stats, { updatesPerSecond: rate("updates"), bytesInPerSecond: rate("bytesIn"), bytesOutPerSecond: rate("bytesOut") })
        Object.assign(this.stats, { rows: this.view?.rowCount ?? 0, entities: this.view?.entities.size ?? 0 })
        this.sampled = { at: now, ...this.counts }
        this.checkSilence(now)
        this.ping()
        this.emit("status", {})
    }
}
