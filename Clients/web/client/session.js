// One conversation with a server, without a socket or a clock.

import { MalformedError, Reader } from "./bytes.js"
import { readRow, writeRow } from "./fields.js"
import { KEY_BYTES, commandBytes, decode, encode } from "./frames.js"
import { readSchema } from "./schema.js"
import { decodeUpdate } from "./update.js"
import { View } from "./view.js"

const SOFTWARE = "orge-web 1"
/** Commands that wait for credit: as many again as the server takes unanswered. */
const QUEUE_LIMIT = 256
/** Frames of one unfinished update: 256 of 256 KiB are more than any view. */
const PART_LIMIT = 256
/** Schema documents kept for reconnections: more than the worlds that one page visits. */
const SCHEMA_LIMIT = 16

/** Schema documents by hash; the oldest is dropped first. Worlds change rarely, so a reconnection needs no new one. */
export class SchemaCache {
    constructor() { this.byHash = new Map() }
    get(hash) { return this.byHash.get(hash) }
    put(hash, schema) {
        this.byHash.set(hash, schema)
        if (this.byHash.size > SCHEMA_LIMIT) this.byHash.delete(this.byHash.keys().next().value)
    }
}

/** A payload that must be one row and nothing else. */
function rowOf(payload, fields) {
    const reader = new Reader(payload)
    const row = readRow(reader, fields)
    reader.end()
    return row
}

/**
 * One conversation with a server, from hello to close.
 *
 * `transmit(bytes)` takes frames to send; `emit(kind, detail)` gets what the server's frames mean: welcome, worlds, schema, joined, joinRefused,
 * view, outcome, event, pong, hostAway, hostBack, dilated, stopping, viewed, timelineChanged, close. States: new, greeting, choosing, describing,
 * joining, joined, closed. `receive` throws MalformedError when the server breaks the protocol; the session is of no use after that.
 */
export class Session {
    constructor({ name, clientKind = 1, software = SOFTWARE, schemas = new SchemaCache(), transmit, emit }) {
        Object.assign(this, { name, clientKind, software, schemas, transmit, emit })
        this.state = "new"
        this.development = false
        this.worlds = []
        this.world = null
        this.view = null
        this.tick = 0n
        this.parts = []
        this.pending = new Map()
        this.queue = []
        this.audits = new Map()
        this.nextAudit = 1
        this.hostAway = false
        /** The last payload of each kind of intent, sent again when the world is back: a restarted host does not have them. */
        this.intents = new Map()
        /** Numbers of the last intent sent, and of the last one that the view reflects. */
        this.lastIntent = 0
        this.consumedIntent = 0
    }

    begin() {
        this.state = "greeting"
        this.transmit(encode.hello(this.clientKind, this.software))
        this.transmit(encode.login(this.name))
    }

    describe(world) {
        this.state = "describing"
        this.transmit(encode.describe(world))
    }

    /** Role 1 is a player, 2 a monitor. Offers the schema that `worlds` says the world has, when it is in the cache. */
    join(world, role = 1) {
        this.state = "joining"
        this.world = world
        const listed = this.worlds.find((each) => each.name === world)
        const known = listed && this.schemas.get(listed.schemaHash) ? listed.schemaHash : 0n
        this.schema = this.schemas.get(known) ?? null
        this.transmit(encode.join(world, role, known))
    }

    ping(clientTime) { this.transmit(encode.ping(BigInt(clientTime))) }
    leave() { this.transmit(encode.leave()) }
    kill(token) { this.transmit(encode.kill(token)) }

    intent(name, values) {
        const intent = this.schema.intents.find((each) => each.name === name)
        const payload = writeRow(intent.fields, values)
        this.intents.set(intent.id, payload)
        this.sendIntent(intent.id, payload)
    }

    sendIntent(kind, payload) {
        this.lastIntent += 1
        this.transmit(encode.intent(this.lastIntent, kind, payload))
    }

    /**
     * Sends a command, or keeps it until there is credit. Resolves to its outcome: { status, command, sequence, tick } with status `applied` and
     * `result`, `refused` with `code`, `field` and `reason`, `unknown` when the connection was lost before the answer, `notRun` when the world lost
     * the end of its history before it ran the command, or `unsent`. A `timelineChanged` withdraws outcomes of ticks after its `forkTick`.
     *
     * `key` is an idempotency key: 16 bytes that this account has used for no other command. A world that remembers keys applies the command once,
     * in whichever session it is sent; a repetition is `applied` with the first one's `result` and `repeated: firstTick`.
     */
    command(name, values, key = null) {
        const command = this.schema?.commands.find((each) => each.name === name)
        if (this.state !== "joined" || !command) return Promise.reject(new Error(`there is no command ${name} to send here`))
        if (key && key.length !== KEY_BYTES) return Promise.reject(new Error(`a key of ${key.length} bytes; it has ${KEY_BYTES}`))
        if (this.queue.length >= QUEUE_LIMIT) return Promise.reject(new Error("too many commands wait for credit"))
        const payload = writeRow(command.fields, values)
        return new Promise((resolve) => {
            this.queue.push({ command, payload, key, resolve })
            this.sendQueued()
        })
    }

    sendQueued() {
        while (this.queue.length > 0) {
            const [{ command, payload, key, resolve }] = this.queue
            const size = BigInt(commandBytes(payload, key))
            if (this.nextSequence > this.throughSequence || this.sentBytes + size > this.throughByte) return
            this.queue.shift()
            this.pending.set(this.nextSequence, { command, resolve })
            this.transmit(encode.command(this.nextSequence, command.id, payload, key))
            this.sentBytes += size
            this.nextSequence += 1n
        }
    }

    /**
     * Asks the world what this client should see, and resolves to { rows, mismatches, tick } once the view has been compared. Rejects when the
     * world has no time for it, or the connection is lost.
     */
    audit() {
        if (this.state !== "joined") return Promise.reject(new Error("no world is joined"))
        if (this.audits.size > 0) return Promise.reject(new Error("an audit is under way"))
        const request = this.nextAudit++
        return new Promise((resolve, reject) => {
            this.audits.set(request, { rows: [], resolve, reject })
            this.transmit(encode.audit(request))
        })
    }

    /** The connection is gone: what is still open gets no answer. */
    end() {
        this.state = "closed"
        this.settle("unknown", "the connection was lost")
    }

    /** Ends everything that waits for an answer: commands that were sent with the status, audits with the reason. */
    settle(status, reason) {
        for (const [sequence, { command, resolve }] of this.pending) resolve({ status, command: command.name, sequence })
        for (const { command, resolve } of this.queue) resolve({ status: "unsent", command: command.name })
        for (const { reject } of this.audits.values()) reject(new Error(reason))
        this.pending.clear()
        this.queue = []
        this.audits.clear()
    }

    receive(bytes) {
        const frame = decode(bytes)
        switch (frame?.type) {
            case "welcome": return this.onWelcome(frame)
            case "worlds": return this.onWorlds(frame)
            case "schema": return this.onSchema(frame)
            case "joined": return this.onJoined(frame)
            case "joinRefused": return this.onJoinRefused(frame)
            case "update": return this.onUpdate(frame)
            case "outcome": return this.onOutcome(frame)
            case "event": return this.onEvent(frame)
            case "credit": return this.onCredit(frame)
            case "pong": return this.onPong(frame)
            case "auditAnswer": return this.onAuditAnswer(frame)
            case "notice": return this.onNotice(frame)
            case "close": return this.onClose(frame)
            default: return undefined
        }
    }

    onWelcome({ type, ...welcome }) {
        this.development = welcome.development
        this.emit(type, welcome)
    }

    onWorlds({ worlds }) {
        this.worlds = worlds
        if (this.state === "greeting") this.state = "choosing"
        this.emit("worlds", worlds)
    }

    onSchema({ hash, document }) {
        const schema = readSchema(document)
        this.schemas.put(hash, schema)
        if (this.state === "joining") this.schema = schema
        if (this.state === "describing") this.state = "choosing"
        this.emit("schema", { hash, schema })
    }

    onJoined({ type, ...joined }) {
        if (this.state !== "joining" || !this.schema) throw new MalformedError("joined comes without a schema")
        const { avatar, incarnation, tick, firstSequence, throughSequence, throughByte, idBase } = joined
        Object.assign(this, { state: "joined", avatar, incarnation, tick, nextSequence: firstSequence, throughSequence, throughByte, idBase, sentBytes: 0n })
        this.view = new View(this.schema)
        this.emit(type, joined)
    }

    onJoinRefused({ type, ...refused }) {
        this.state = "choosing"
        this.emit(type, { world: this.world, ...refused })
    }

    onUpdate({ body }) {
        if (!this.view) throw new MalformedError("an update comes before joined")
        const part = decodeUpdate(body, this.schema, this.idBase)
        const isContinuation = this.parts.length > 0
        if (isContinuation && (part.reset || part.tick !== this.parts[0].tick)) throw new MalformedError("an update goes on as another one")
        if (part.intent !== null) {
            if (part.intent <= this.consumedIntent || part.intent > this.lastIntent) throw new MalformedError(`intent ${part.intent} is reflected`)
            this.consumedIntent = part.intent
        }
        this.parts.push(part)
        if (this.parts.length > PART_LIMIT) throw new MalformedError("an update does not end")
        if (part.more) return
        const before = this.view.tick
        const parts = this.parts
        this.parts = []
        if (part.tick < before) throw new MalformedError(`an update of tick ${part.tick} after one of ${before}`)
        const touched = this.view.apply(parts)
        this.advance(part.tick)
        this.emit("view", { tick: part.tick, before, touched, reset: parts.some((each) => each.reset) })
    }

    onOutcome({ sequence, tick, status, firstTick, payload, code, field, reason }) {
        const open = this.pending.get(sequence)
        if (!open || this.pending.keys().next().value !== sequence) throw new MalformedError(`an outcome for ${sequence}, which is not the next one due`)
        this.pending.delete(sequence)
        const outcome = { status: status === "repeated" ? "applied" : status, command: open.command.name, sequence, tick }
        if (status === "repeated") outcome.repeated = firstTick
        if (outcome.status === "applied") outcome.result = rowOf(payload, open.command.result)
        else Object.assign(outcome, { code, field, reason })
        this.advance(tick)
        open.resolve(outcome)
        this.emit("outcome", { ...outcome, fields: open.command.result })
    }

    onEvent({ type, tick, event: kind, payload }) {
        // Events are numbered from 0 in the order of the schema.
        const event = this.schema?.events[kind]
        if (!event) throw new MalformedError(`an event of kind ${kind}, which the schema does not hold`)
        const value = rowOf(payload, event.fields)
        this.advance(tick)
        this.emit(type, { tick, name: event.name, fields: event.fields, value })
    }

    onCredit({ sequence, byte }) {
        if (sequence < this.throughSequence || byte < this.throughByte) throw new MalformedError("credit falls")
        Object.assign(this, { throughSequence: sequence, throughByte: byte })
        this.sendQueued()
    }

    onPong({ type, ...pong }) {
        this.advance(pong.tick)
        this.emit(type, pong)
    }

    onAuditAnswer({ request, tick, more, busy, rows }) {
        const audit = this.audits.get(request)
        if (!audit) throw new MalformedError(`an answer to audit ${request}, which is not open`)
        if (busy) {
            this.audits.delete(request)
            return audit.reject(new Error("the world has no time for an audit now"))
        }
        audit.rows.push(...rows)
        if (more) return undefined
        this.audits.delete(request)
        return audit.resolve({ tick, ...this.view.compare(audit.rows) })
    }

    onNotice({ type, notice, ...detail }) {
        if (notice === null) return
        if (notice === "hostAway") {
            this.hostAway = true
            // Open audits get a whole new answer from the restarted host.
            for (const audit of this.audits.values()) audit.rows = []
        }
        if (notice === "hostBack") {
            this.hostAway = false
            this.incarnation = detail.incarnation
            if (this.state === "joined") for (const [kind, payload] of this.intents) this.sendIntent(kind, payload)
        }
        if (notice === "timelineChanged") return this.onTimelineChanged(detail)
        this.emit(notice, detail)
    }

    /** The world lost the end of its history: what came after the fork is withdrawn, and the client is choosing again. */
    onTimelineChanged(change) {
        if (this.state !== "joined") return
        this.settle("notRun", "the world lost the end of its history")
        this.intents.clear()
        Object.assign(this, { state: "choosing", view: null, parts: [], hostAway: false, tick: change.forkTick ?? 0n, throughSequence: 0n, throughByte: 0n })
        this.emit("timelineChanged", change)
    }

    onClose({ type, ...close }) {
        this.end()
        this.emit(type, close)
    }

    advance(tick) { if (tick > this.tick) this.tick = tick }
}
