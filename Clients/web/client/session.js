// One conversation with a server, without a socket or a clock.

import { MalformedError } from "./bytes.js"
import { Commands, rowOf } from "./commands.js"
import { writeRow } from "./fields.js"
import { decode, encode } from "./frames.js"
import { Progress } from "./progress.js"
import { readSchema } from "./schema.js"
import { decodeUpdate } from "./update.js"
import { View } from "./view.js"

const SOFTWARE = "orge-web 1"
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

/**
 * One conversation with a server, from hello to close. It begins a session of the world that it joins, or goes on with that of an earlier
 * conversation: `hold` is what the earlier one's suspend() returned.
 *
 * `transmit(bytes)` takes frames to send; `emit(kind, detail)` gets what the server's frames mean: welcome, worlds, schema, joined, joinRefused,
 * view, outcome, settled, resumed, ended, event, pong, hostAway, hostBack, dilated, stopping, viewed, timelineChanged, close. States: new, greeting,
 * choosing, describing, joining, joined, closed. `receive` throws MalformedError when the server breaks the protocol; the session is of no use after that.
 */
export class Session {
    constructor({ name, clientKind = 1, software = SOFTWARE, schemas = new SchemaCache(), hold = null, transmit, emit }) {
        Object.assign(this, { name, clientKind, software, schemas, hold, transmit, emit })
        this.state = "new"
        this.development = false
        this.worlds = []
        this.world = null
        this.view = null
        this.tick = 0n
        /** The tick below which no update of this connection may be. */
        this.floor = 0n
        this.parts = []
        this.commands = hold?.commands ?? new Commands({})
        Object.assign(this.commands, { transmit, emit })
        /** Of the joined session; null before, and for a monitor. */
        this.ticket = null
        this.audits = new Map()
        this.nextAudit = 1
        this.hostAway = false
        /** The last payload of each kind of intent, sent again when the world is back: a restarted host does not have them. */
        this.intents = hold?.intents ?? new Map()
        /** Numbers of the last intent sent, and of the last one that the view reflects. */
        this.lastIntent = hold?.lastIntent ?? 0
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

    /**
     * Role 1 is a player, 2 a monitor. Offers the schema that `worlds` says the world has, when it is in the cache, and asks for the session that
     * is held of this world.
     */
    join(world, role = 1) {
        this.state = "joining"
        this.world = world
        const listed = this.worlds.find((each) => each.name === world)
        const known = listed && this.schemas.get(listed.schemaHash) ? listed.schemaHash : 0n
        this.schema = this.schemas.get(known) ?? null
        this.schemaHash = known
        if (this.hold && (this.hold.world !== world || role !== 1)) this.forgetHold("unknown")
        this.transmit(encode.join(world, role, known, this.hold && this.claim()))
    }

    /** What to ask of the held session. */
    claim() {
        const { hold } = this
        if (hold.saved) {
            hold.commands = this.commands
            this.commands.restore(hold.saved, hold.schemaHash === this.schemaHash ? this.schema : null)
            delete hold.saved
        }
        const { tick, eventsThrough, eventsAfter, viewTick, updates } = hold.progress
        const view = hold.view && hold.schemaHash === this.schemaHash ? { viewTick, updates } : { viewTick: 0n, updates: 0 }
        const { session, ticket, incarnation } = hold
        return { session, ticket, acknowledged: this.commands.acknowledged, incarnation, tick, eventsThrough, eventsAfter, ...view }
    }

    /** There is nothing to go on with. */
    forgetHold(status) {
        this.hold = null
        this.commands.settle(status)
        this.intents.clear()
        this.lastIntent = 0
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
     * `result`, or `refused` with `code`, `field` and `reason`, if need be through a later connection; or to { status, command, sequence } with a
     * status of Commands. A `timelineChanged` withdraws outcomes of ticks after its `forkTick`.
     *
     * `key` is an idempotency key: 16 bytes that this account has used for no other command. A world that remembers keys applies the command once,
     * in whichever session it is sent; a repetition is `applied` with the first one's `result` and `repeated: firstTick`.
     */
    command(name, values, key = null) {
        const command = this.schema?.commands.find((each) => each.name === name)
        if (this.state !== "joined" || !command) return Promise.reject(new Error(`there is no command ${name} to send here`))
        return this.commands.send(command, values, key)
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

    /**
     * The connection is gone. Returns what the next Session needs to go on with this one's: null where there is nothing to go on with; then
     * commands without an outcome are `unknown`.
     */
    suspend() {
        this.close()
        if (this.hold) return this.hold
        const { ticket, number, world, incarnation, schemaHash, progress, commands, intents, lastIntent } = this
        if (!ticket) return this.end()
        // Only whole updates change it.
        return { session: number, ticket, world, incarnation, schemaHash, progress, commands, intents, lastIntent, view: this.view }
    }

    /** The session is over for this client: what is still open gets no answer. */
    end() {
        this.close()
        this.commands.settle("unknown")
        this.commands.settleQueue()
        return null
    }

    close() {
        this.state = "closed"
        this.commands.close()
        this.rejectAudits("the connection was lost")
    }

    rejectAudits(reason) {
        for (const { reject } of this.audits.values()) reject(new Error(reason))
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
            case "recalled": return this.onRecalled(frame)
            case "event": return this.onEvent(frame)
            case "credit": return this.commands.credit(frame)
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
        if (this.state === "joining") Object.assign(this, { schema, schemaHash: hash })
        if (this.state === "describing") this.state = "choosing"
        this.emit("schema", { hash, schema })
    }

    onJoined({ type, resumption, ticket, ...joined }) {
        if (this.state !== "joining" || !this.schema) throw new MalformedError("joined comes without a schema")
        if (Boolean(this.hold) !== Boolean(resumption)) throw new MalformedError("an answer about a session that was not asked for, or none")
        const { hold } = this
        const { session: number, avatar, incarnation, tick, idBase } = joined
        Object.assign(this, { state: "joined", number, avatar, incarnation, tick, idBase, ticket })
        if (resumption?.status === "resumed") return this.onResumed(joined, hold, resumption)
        if (hold) this.onEnded(resumption)
        Object.assign(this, { view: new View(this.schema), progress: new Progress(tick), floor: tick })
        this.emit(type, joined)
        return this.commands.begin(joined)
    }

    onResumed(joined, hold, resumption) {
        const { continued, forked, forkTick, lastIntent, lostEvents } = resumption
        const isSameSchema = hold.schemaHash === this.schemaHash
        const { progress } = hold
        const hasView = hold.view && isSameSchema && progress.viewTick > 0n
        if (hold.session !== joined.session || (continued && !hasView)) throw new MalformedError("another session is resumed")
        if (forked) progress.fork(forkTick ?? 0n)
        else progress.resume(continued)
        Object.assign(this, { hold: null, progress, floor: progress.tick, view: continued ? hold.view : new View(this.schema) })
        Object.assign(this, { lastIntent: Math.max(this.lastIntent, lastIntent), consumedIntent: lastIntent })
        if (!isSameSchema) this.intents.clear()
        this.emit("joined", { ...joined, resumed: true, continued })
        const resent = this.commands.resume(joined, resumption, isSameSchema)
        for (const [kind, payload] of this.intents) this.sendIntent(kind, payload)
        this.emit("resumed", { resent, continued, forked, lostEvents, waiting: this.commands.inFlight })
    }

    /** The session that was asked for is over. What it did has been recalled as far as it is remembered. */
    onEnded(resumption) {
        this.hold = null
        const before = this.commands.pending.size
        this.commands.ended(resumption.status === "ended" ? resumption.through : null)
        this.intents.clear()
        this.lastIntent = 0
        this.emit("ended", { status: resumption.status, open: before })
    }

    onJoinRefused({ type, resumption, ...refused }) {
        if (resumption && !this.hold) throw new MalformedError("an answer about a session that was not asked for")
        if (resumption) this.onEnded(resumption)
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
        if (part.tick < before || part.tick < this.floor) throw new MalformedError(`an update of tick ${part.tick} after one of ${before}`)
        const touched = this.view.apply(parts)
        this.progress.update(part.tick)
        this.advance(part.tick)
        this.emit("view", { tick: part.tick, before, touched, reset: parts.some((each) => each.reset) })
    }

    onOutcome(frame) {
        const outcome = this.commands.outcome(frame)
        this.progress.outcome(frame.tick)
        this.advance(frame.tick)
        if (outcome) this.emit("outcome", outcome)
    }

    onRecalled(frame) {
        if (this.state !== "joining" || !this.hold) throw new MalformedError("an outcome is recalled unasked")
        const outcome = this.commands.recalled(frame)
        if (outcome) this.emit("outcome", outcome)
    }

    onEvent({ type, tick, event: kind, payload }) {
        // Events are numbered from 0 in the order of the schema.
        const event = this.schema?.events[kind]
        if (!event) throw new MalformedError(`an event of kind ${kind}, which the schema does not hold`)
        const value = rowOf(payload, event.fields)
        this.progress.event(tick, event.reliable)
        this.advance(tick)
        this.emit(type, { tick, name: event.name, fields: event.fields, value })
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
        this.commands.settle("notRun")
        this.commands.settleQueue()
        this.commands.close()
        this.rejectAudits("the world lost the end of its history")
        this.intents.clear()
        this.progress.fork(change.forkTick ?? 0n)
        this.incarnation = change.incarnation
        Object.assign(this, { state: "choosing", view: null, parts: [], hostAway: false, tick: change.forkTick ?? 0n })
        this.emit("timelineChanged", change)
    }

    onClose({ type, ...close }) {
        this.closed = close
        this.state = "closed"
        this.emit(type, close)
    }

    advance(tick) { if (tick > this.tick) this.tick = tick }
}
