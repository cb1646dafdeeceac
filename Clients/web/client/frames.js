// Frames of wire version 2, as docs/protocol.md has them: the one place that writes client frames and reads server frames.
//
// What needs a world's schema stays bytes here: the body of an update (update.js reads it), the payload of a command, an outcome's result, an event.

import { MalformedError, Reader, Writer, readMany } from "./bytes.js"

export const WIRE_VERSION = 2
/** A pause before another attempt that means: do not try again. */
export const NEVER = 0xffffffff

const MAGIC = 0x4f524745
const TEXT_LIMIT = 256
const WORLD_STATES = ["?", "starting", "running", "restarting", "failed"]
const PACES = ["?", "fixed", "on demand", "turns", "flat out"]
const JOIN_REFUSALS = ["?", "unknownWorld", "notRunning", "failed", "accountInUse", "refused", "full"]
const REFUSALS = [
    "?", "invalid", "notFound", "notAllowed", "conflict", "insufficient", "full", "ruleBroken", "unknownKind", "accountInUse", "malformed",
    "keyReused", "keysFull", "noKeys", "worldFault", "suspended", "kindDisabled",
]
const CLOSES = [
    "?", "left", "serverStopping", "full", "malformed", "frameTooLarge", "unexpectedFrame", "unsupportedVersion", "handshakeTimeout", "idle",
    "badName", "badSequence", "overCredit", "rateLimited", "slowReader", "worldFailed", "badToken", "internal", "loginRefused",
    "resumedElsewhere",
]
/** The session of every frame that names one: a connection has one. */
const SESSION = 0
/** Of a command's flags: an idempotency key follows the kind. */
const KEY_FLAG = 2
/** Bytes of an idempotency key. */
export const KEY_BYTES = 16
/** Types of extensions: of joined, a ticket; of join, joined and joinRefused, what is asked and said of an earlier connection's session. */
const [TICKET, RESUMPTION] = [1, 2]
const [TICKET_BYTES, RESUME_BYTES] = [16, 66]
const [EXTENSION_LIMIT, EXTENSION_BYTES] = [16, 512]

/** A code's name where the protocol gives one, else the number: clients show unknown codes as numbers. */
const nameOf = (names, code) => (code > 0 && names[code]) || String(code)

function frame(type, fill) {
    const writer = new Writer()
    writer.u8(type)
    fill?.(writer)
    return writer.bytes
}

/** A frame of a session. */
const ofSession = (type, fill) => frame(type, (to) => {
    to.u8(SESSION)
    fill?.(to)
})

const noExtensions = (to) => to.u8(0)
const noFlags = (to) => to.u8(0)

/** The extensions at the end of a frame, by type. */
function readExtensions(reader) {
    const extensions = new Map()
    const count = reader.u8()
    if (count > EXTENSION_LIMIT) throw new MalformedError(`${count} extensions`)
    let last = -1
    for (let index = 0; index < count; index += 1) {
        const [type, length] = [reader.u16(), reader.u16()]
        if (type <= last || length > EXTENSION_BYTES) throw new MalformedError(`an extension of type ${type} with ${length} bytes`)
        last = type
        extensions.set(type, new Uint8Array(reader.take(length)))
    }
    return extensions
}

/** What a server says to `resume`; null where it says nothing. */
function readResumption(bytes) {
    if (!bytes) return null
    const reader = new Reader(bytes)
    const status = reader.u8()
    const resumption = RESUMPTIONS[status]?.(reader)
    if (!resumption) throw new MalformedError(`a resumption of status ${status}`)
    reader.end()
    return resumption
}

function readResumed(reader) {
    const [flags, oldest, lastIntent, lostEvents, forkTick] = [reader.u8(), reader.u64(), reader.u32(), reader.u32(), reader.u64()]
    const [continued, forked] = [(flags & 1) !== 0, (flags & 2) !== 0]
    if (flags > 7 || (continued && forked) || (flags & 6) === 4 || oldest === 0n) throw new MalformedError(`a resumption with flags ${flags}`)
    return { status: "resumed", continued, forked, forkTick: flags & 4 ? forkTick : null, oldest, lastIntent, lostEvents }
}

const RESUMPTIONS = {
    1: readResumed,
    2: (reader) => ({ status: "ended", oldest: reader.u64(), through: reader.u64() }),
    3: () => ({ status: "unknown" }),
}

/** The bytes of each client frame. */
export const encode = {
    hello: (clientKind, software) => frame(0x01, (to) => {
        to.u32(MAGIC)
        to.u16(WIRE_VERSION)
        to.u16(WIRE_VERSION)
        to.u8(clientKind)
        to.text(software)
        noExtensions(to)
    }),
    login: (name) => frame(0x02, (to) => {
        to.text(name)
        to.text("guest")
        to.u16(0)
        noExtensions(to)
    }),
    describe: (world) => frame(0x03, (to) => to.text(world)),
    /** `resume`: what to ask of an earlier connection's session, or null. */
    join: (world, role, knownSchema, resume = null) => ofSession(0x04, (to) => {
        to.text(world)
        to.u8(role)
        to.u64(knownSchema)
        if (resume) writeResume(to, resume)
        else noExtensions(to)
    }),
    /** `key` is an idempotency key of 16 bytes, or null. */
    command: (sequence, kind, payload, key = null) => ofSession(0x05, (to) => {
        to.u8(key ? KEY_FLAG : 0)
        to.u64(sequence)
        to.u16(kind)
        if (key) to.raw(key)
        to.raw(payload)
    }),
    intent: (number, kind, payload) => ofSession(0x06, (to) => {
        noFlags(to)
        to.u32(number)
        to.u16(kind)
        to.raw(payload)
    }),
    ping: (clientTime) => ofSession(0x07, (to) => to.u64(clientTime)),
    audit: (request) => ofSession(0x08, (to) => to.u32(request)),
    leave: () => ofSession(0x09),
    kill: (token) => ofSession(0x0a, (to) => to.raw(token)),
    received: (sequence) => ofSession(0x0b, (to) => to.u64(sequence)),
}

/** The extension of `join` that asks for a session. */
function writeResume(to, { session, ticket, acknowledged, incarnation, tick, eventsThrough, eventsAfter, viewTick, updates }) {
    to.u8(1)
    to.u16(RESUMPTION)
    to.u16(RESUME_BYTES)
    to.u64(session)
    to.raw(ticket)
    to.u64(acknowledged)
    to.u32(incarnation)
    to.u64(tick)
    to.u64(eventsThrough)
    to.u16(eventsAfter)
    to.u64(viewTick)
    to.u32(updates)
}

/** What credit counts for a command: the bytes of its frame. */
export const commandBytes = (payload, key = null) => 13 + (key?.length ?? 0) + payload.length

function readWelcome(reader) {
    const version = reader.u16()
    if (version !== WIRE_VERSION) throw new MalformedError(`the server picked version ${version}`)
    const welcome = {
        version, development: (reader.u8() & 1) !== 0, clientFrame: reader.u32(), serverFrame: reader.u32(), idle: reader.u32(), software: reader.text(64),
    }
    readExtensions(reader)
    return welcome
}

const readWorlds = (reader) => ({
    worlds: readMany(reader.u16(), () => ({
        name: reader.text(32), version: reader.u16(), state: nameOf(WORLD_STATES, reader.u8()), schemaHash: reader.u64(),
        pace: nameOf(PACES, reader.u8()), tickMicroseconds: reader.u32(),
    })),
})

function readJoined(reader) {
    const joined = {
        session: reader.u64(), avatar: reader.u64(), incarnation: reader.u32(), tick: reader.u64(), tickMicroseconds: reader.u32(),
        firstSequence: reader.u64(), throughSequence: reader.u64(), throughByte: reader.u64(), role: reader.u8(), idBase: reader.u64(),
    }
    const extensions = readExtensions(reader)
    const ticket = extensions.get(TICKET) ?? null
    if (ticket && ticket.length !== TICKET_BYTES) throw new MalformedError(`a ticket of ${ticket.length} bytes`)
    return { ...joined, ticket, resumption: readResumption(extensions.get(RESUMPTION)) }
}

function readJoinRefused(reader) {
    const refused = {
        code: nameOf(JOIN_REFUSALS, reader.u8()), refusal: nameOf(REFUSALS, reader.u8()), retryAfter: reader.u32(), reason: reader.text(TEXT_LIMIT),
    }
    const resumption = readResumption(readExtensions(reader).get(RESUMPTION))
    if (resumption?.status === "resumed") throw new MalformedError("a refused join that resumes")
    return { ...refused, resumption }
}

function readOutcome(reader) {
    const [sequence, tick, status] = [reader.u64(), reader.u64(), reader.u8()]
    if (status > 2) throw new MalformedError(`an outcome with status ${status}`)
    if (status === 2) return { sequence, tick, status: "repeated", firstTick: reader.u64(), payload: reader.rest() }
    if (status === 0) return { sequence, tick, status: "applied", payload: reader.rest() }
    return { sequence, tick, status: "refused", code: nameOf(REFUSALS, reader.u8()), field: reader.text(TEXT_LIMIT), reason: reader.text(TEXT_LIMIT) }
}

function readAuditAnswer(reader) {
    const [request, tick, flags] = [reader.u32(), reader.u64(), reader.u8()]
    if (flags > 3) throw new MalformedError(`an audit's answer with flags ${flags}`)
    const rows = []
    while (reader.remaining > 0) rows.push({ entity: reader.u64(), component: reader.u16(), hash: reader.u64(), inner: reader.u8() === 1 })
    return { request, tick, more: (flags & 1) !== 0, busy: (flags & 2) !== 0, rows }
}

function readTimelineChange(reader) {
    const [flags, incarnation] = [reader.u8(), reader.u32()]
    if (flags > 3) throw new MalformedError(`a change of the timeline with flags ${flags}`)
    return {
        notice: "timelineChanged", incarnation, forkTick: flags & 1 ? reader.u64() : null, nextSequence: flags & 2 ? reader.u64() : null,
    }
}

const NOTICES = {
    1: () => ({ notice: "hostAway" }),
    2: (reader) => ({ notice: "hostBack", incarnation: reader.u32(), tick: reader.u64() }),
    3: (reader) => ({ notice: "dilated", permille: reader.u16() }),
    4: (reader) => ({ notice: "stopping", within: reader.u32(), text: reader.text(TEXT_LIMIT) }),
    5: (reader) => ({ notice: "viewed", ticksDue: reader.u64() }),
    6: readTimelineChange,
}

function readNotice(reader) {
    const read = NOTICES[reader.u8()]
    if (read) return read(reader)
    // An unknown notice is skipped whole.
    reader.rest()
    return { notice: null }
}

const READERS = {
    0x81: ["welcome", readWelcome],
    0x82: ["worlds", readWorlds],
    0x83: ["schema", (reader) => ({ hash: reader.u64(), document: reader.rest() })],
    0x84: ["joined", readJoined],
    0x85: ["joinRefused", readJoinRefused],
    0x86: ["update", (reader) => ({ body: reader.rest() })],
    0x87: ["outcome", readOutcome],
    0x88: ["event", (reader) => ({ tick: reader.u64(), event: reader.u16(), payload: reader.rest() })],
    0x89: ["credit", (reader) => ({ sequence: reader.u64(), byte: reader.u64() })],
    0x8a: ["pong", (reader) => ({ clientTime: reader.u64(), serverTime: reader.u64(), tick: reader.u64(), sinceTick: reader.u32() })],
    0x8b: ["auditAnswer", readAuditAnswer],
    0x8c: ["notice", readNotice],
    0x8d: ["recalled", readOutcome],
    0xff: ["close", (reader) => ({ code: nameOf(CLOSES, reader.u16()), retryAfter: reader.u32(), text: reader.text(TEXT_LIMIT) })],
}

/** Types of frames that belong to a session. */
const OF_SESSION = new Set([0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d])
/** Unknown types from here on are skipped; any other unknown type is malformed. */
const SKIPPED_FROM = 0xe0

/** A server frame as { type, … }; null for an unknown type that a client skips. Throws MalformedError. */
export function decode(bytes) {
    const reader = new Reader(bytes)
    const number = reader.u8()
    const [type, read] = READERS[number] ?? []
    if (!type && number < SKIPPED_FROM) throw new MalformedError(`a frame of type ${number}`)
    if (!type) return null
    if (OF_SESSION.has(number) && reader.u8() !== SESSION) throw new MalformedError("a frame of another session")
    const fields = read(reader)
    reader.end()
    return { type, ...fields }
}
