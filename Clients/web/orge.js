// The Orge client for browsers: wire version 1 as docs/protocol.md has it, without dependencies.
//
// From the bottom up: Reader and Writer (bytes), fields and rows, the schema document, View (what this client sees), Session (one conversation
// as a machine: bytes in, bytes and events out, no socket and no clock), Connection (a WebSocket, a heartbeat, and a new Session when one is lost).
// 64-bit whole numbers and entities are BigInt; everything narrower is Number.

export const WIRE_VERSION = 1
const MAGIC = 0x4f524745
const SOFTWARE = "orge-web 1"
export const NEVER = 0xffffffff

const CLIENT = { hello: 0x01, login: 0x02, describe: 0x03, join: 0x04, command: 0x05, intent: 0x06, ping: 0x07, audit: 0x08, leave: 0x09, kill: 0x0a }
const SERVER = {
    welcome: 0x81, worlds: 0x82, schema: 0x83, joined: 0x84, joinRefused: 0x85, update: 0x86, outcome: 0x87, event: 0x88, credit: 0x89,
    pong: 0x8a, auditAnswer: 0x8b, notice: 0x8c, close: 0xff,
}
const WORLD_STATES = ["?", "starting", "running", "restarting", "failed"]
const PACES = ["?", "fixed", "on demand", "turns", "flat out"]
const JOIN_REFUSALS = ["?", "unknownWorld", "notRunning", "failed", "accountInUse", "refused", "full"]
const REFUSALS = ["?", "invalid", "notFound", "notAllowed", "conflict", "insufficient", "full", "ruleBroken", "unknownKind", "accountInUse"]
const CLOSES = [
    "?", "left", "serverStopping", "full", "malformed", "frameTooLarge", "unexpectedFrame", "unsupportedVersion", "handshakeTimeout", "idle",
    "badName", "badSequence", "overCredit", "rateLimited", "slowReader", "worldFailed", "badToken", "internal",
]

/** A code's name where the protocol gives one, else the number: clients show what they do not know as numbers. */
const nameOf = (names, code) => (code > 0 && names[code]) || String(code)

/** The server sent what the protocol does not allow. */
export class MalformedError extends Error {}

/** A person typed what a field cannot hold. */
export class FieldError extends Error {
    constructor(field, message) {
        super(message)
        this.field = field
    }
}

// ---------------------------------------------------------------------------------------------------------------------------- bytes

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const toUTF8 = new TextEncoder()

/** Reads big-endian values; every read throws MalformedError rather than pass the end. */
export class Reader {
    constructor(bytes) {
        this.bytes = bytes
        this.data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        this.offset = 0
    }

    get remaining() { return this.bytes.length - this.offset }

    advance(count) {
        const at = this.offset
        if (this.remaining < count) throw new MalformedError(`${count} bytes expected at ${at}, ${this.remaining} left`)
        this.offset += count
        return at
    }

    u8() { return this.data.getUint8(this.advance(1)) }
    u16() { return this.data.getUint16(this.advance(2)) }
    u32() { return this.data.getUint32(this.advance(4)) }
    u64() { return this.data.getBigUint64(this.advance(8)) }
    i8() { return this.data.getInt8(this.advance(1)) }
    i16() { return this.data.getInt16(this.advance(2)) }
    i32() { return this.data.getInt32(this.advance(4)) }
    i64() { return this.data.getBigInt64(this.advance(8)) }
    f32() { return this.data.getFloat32(this.advance(4)) }
    f64() { return this.data.getFloat64(this.advance(8)) }
    take(count) { return this.bytes.subarray(this.advance(count), this.offset) }
    rest() { return this.take(this.remaining) }

    text(limit) {
        const length = this.u16()
        if (length > limit) throw new MalformedError(`a text of ${length} bytes, at most ${limit} are allowed`)
        const bytes = this.take(length)
        try {
            return utf8.decode(bytes)
        } catch {
            throw new MalformedError("a text is not UTF-8")
        }
    }

    end() {
        if (this.remaining > 0) throw new MalformedError(`${this.remaining} bytes too many`)
    }
}

/** Appends big-endian values to a buffer that grows. */
export class Writer {
    constructor() {
        this.buffer = new Uint8Array(64)
        this.data = new DataView(this.buffer.buffer)
        this.count = 0
    }

    grow(count) {
        const at = this.count
        if (at + count > this.buffer.length) {
            const wider = new Uint8Array(Math.max(this.buffer.length * 2, at + count))
            wider.set(this.buffer)
            this.buffer = wider
            this.data = new DataView(wider.buffer)
        }
        this.count += count
        return at
    }

    u8(value) { this.data.setUint8(this.grow(1), value) }
    u16(value) { this.data.setUint16(this.grow(2), value) }
    u32(value) { this.data.setUint32(this.grow(4), value) }
    u64(value) { this.data.setBigUint64(this.grow(8), value) }
    i8(value) { this.data.setInt8(this.grow(1), value) }
    i16(value) { this.data.setInt16(this.grow(2), value) }
    i32(value) { this.data.setInt32(this.grow(4), value) }
    i64(value) { this.data.setBigInt64(this.grow(8), value) }
    // JavaScript does not promise which NaN it writes; the protocol allows one.
    f32(value) { Number.isNaN(value) ? this.u32(0x7fc00000) : this.data.setFloat32(this.grow(4), value) }
    f64(value) { Number.isNaN(value) ? this.u64(0x7ff8000000000000n) : this.data.setFloat64(this.grow(8), value) }

    raw(bytes) {
        const at = this.grow(bytes.length)
        this.buffer.set(bytes, at)
    }

    text(text) {
        const bytes = toUTF8.encode(text)
        this.u16(bytes.length)
        this.raw(bytes)
    }

    get bytes() { return this.buffer.slice(0, this.count) }
}

export const fromHex = (hex) => Uint8Array.from(hex.replace(/\s+/g, "").match(/../g) ?? [], (pair) => parseInt(pair, 16))
export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

const FNV_PRIME = 0x100000001b3n
const MASK64 = 0xffffffffffffffffn

/** The value hash of a row: FNV-1a over the component's id and the row's bytes. */
export function hashRow(component, bytes) {
    let hash = 0xcbf29ce484222325n
    const add = (byte) => { hash = ((hash ^ BigInt(byte)) * FNV_PRIME) & MASK64 }
    add(component >> 8)
    add(component & 0xff)
    bytes.forEach(add)
    return hash
}

// ------------------------------------------------------------------------------------------------------------------- fields and rows

const SCALARS = [null, "bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "entity"]
const INTEGER_RANGES = {
    i8: [-0x80n, 0x7fn], i16: [-0x8000n, 0x7fffn], i32: [-0x80000000n, 0x7fffffffn], i64: [-(1n << 63n), (1n << 63n) - 1n],
    u8: [0n, 0xffn], u16: [0n, 0xffffn], u32: [0n, 0xffffffffn], u64: [0n, MASK64],
}
const isWide = (scalar) => scalar === "i64" || scalar === "u64"

function readScalar(reader, scalar) {
    switch (scalar) {
        case "bool": {
            const raw = reader.u8()
            if (raw > 1) throw new MalformedError(`a bool of ${raw}`)
            return raw === 1
        }
        case "entity": return reader.u64()
        default: return reader[scalar]()
    }
}

function writeScalar(writer, scalar, value) {
    if (scalar === "bool") writer.u8(value ? 1 : 0)
    else if (scalar === "entity") writer.u64(BigInt(value))
    else if (isWide(scalar)) writer[scalar](BigInt(value))
    else writer[scalar](Number(value))
}

/** A field's value: Number, BigInt, boolean, string, array, or the name of a choice's case. */
export function readValue(reader, kind) {
    switch (kind.type) {
        case "text": return reader.text(kind.capacity)
        case "list": {
            const count = reader.u16()
            if (count > kind.capacity) throw new MalformedError(`a list of ${count} elements, at most ${kind.capacity} fit`)
            return Array.from({ length: count }, () => readScalar(reader, kind.scalar))
        }
        case "vector": return Array.from({ length: kind.count }, () => readScalar(reader, kind.scalar))
        case "choice": {
            const raw = BigInt(readScalar(reader, kind.scalar))
            const found = kind.cases.find((each) => each.raw === raw)
            if (!found) throw new MalformedError(`a choice of ${raw}, which is no case`)
            return found.name
        }
        default: return readScalar(reader, kind.scalar)
    }
}

export function writeValue(writer, kind, value) {
    switch (kind.type) {
        case "text": return writer.text(value)
        case "list":
            writer.u16(value.length)
            return value.forEach((each) => writeScalar(writer, kind.scalar, each))
        case "vector": return value.forEach((each) => writeScalar(writer, kind.scalar, each))
        case "choice": return writeScalar(writer, kind.scalar, kind.cases.find((each) => each.name === value).raw)
        default: return writeScalar(writer, kind.scalar, value)
    }
}

/** What a field holds when nobody says otherwise. */
export function zeroValue(kind) {
    switch (kind.type) {
        case "text": return ""
        case "list": return []
        case "vector": return Array.from({ length: kind.count }, () => zeroValue({ type: "scalar", scalar: kind.scalar }))
        case "choice": return kind.cases[0].name
        default: return kind.scalar === "bool" ? false : kind.scalar === "entity" || isWide(kind.scalar) ? 0n : 0
    }
}

/** A row as an object without prototype, field by field in the schema's order; nested fields keep their dotted names. */
export function readRow(reader, fields) {
    const row = Object.create(null)
    for (const field of fields) row[field.name] = readValue(reader, field.kind)
    return row
}

export function writeRow(fields, values) {
    const writer = new Writer()
    for (const field of fields) writeValue(writer, field.kind, values[field.name] ?? zeroValue(field.kind))
    return writer.bytes
}

/** An entity as people read it: `world:slot.generation`. */
export function entityText(entity) {
    return entity === 0n ? "none" : `${entity >> 50n}:${entity & 0x3ffffffn}.${(entity >> 26n) & 0xffffffn}`
}

export function parseEntity(text) {
    if (text === "none") return 0n
    if (/^\d+$/.test(text) && BigInt(text) <= MASK64) return BigInt(text)
    const parts = /^(\d+):(\d+)\.(\d+)$/.exec(text)
    if (!parts) return null
    const [world, slot, generation] = parts.slice(1).map(BigInt)
    if (world >= 1n << 14n || slot >= 1n << 26n || generation >= 1n << 24n) return null
    return (world << 50n) | (generation << 26n) | slot
}

/** A value as people read it. */
export function valueText(field, value) {
    const scalar = field.kind.scalar
    const one = (each) => {
        if (scalar === "entity") return entityText(each)
        if (scalar === "f32" || scalar === "f64") return String(Number(each.toPrecision(7)))
        return String(each)
    }
    if (field.kind.type === "text" || field.kind.type === "choice") return value
    const text = Array.isArray(value) ? value.map(one).join(", ") : one(value)
    return field.unit ? `${text} ${field.unit}` : text
}

/** Reads what a person typed and checks it against kind and rule, so that most mistakes are told without asking the world. */
export function parseField(field, text) {
    const fail = (message) => { throw new FieldError(field.name, message) }
    const { kind } = field
    if (kind.type === "text") {
        const length = toUTF8.encode(text).length
        if (length > kind.capacity) fail(`${length} bytes of text, at most ${kind.capacity} fit`)
        if (field.notEmpty && length === 0) fail("must not be empty")
        return text
    }
    if (kind.type === "choice") {
        const found = kind.cases.find((each) => each.name === text || String(each.raw) === text)
        return found ? found.name : fail(`one of ${kind.cases.map((each) => each.name).join(", ")}`)
    }
    if (kind.type === "scalar") return parseScalar(field, text.trim(), fail)
    const parts = text.trim() === "" ? [] : text.split(",").map((part) => parseScalar(field, part.trim(), fail))
    if (kind.type === "vector" && parts.length !== kind.count) fail(`${kind.count} values, with commas between them`)
    if (kind.type === "list" && parts.length > kind.capacity) fail(`${parts.length} values, at most ${kind.capacity} fit`)
    if (field.notEmpty && parts.length === 0) fail("must not be empty")
    return parts
}

function parseScalar(field, text, fail) {
    const { scalar } = field.kind
    if (scalar === "bool") return text === "true" || (text === "false" ? false : fail("true or false"))
    if (scalar === "entity") return parseEntity(text) ?? fail("an entity, such as 3:17.2, or none")
    const range = INTEGER_RANGES[scalar]
    if (range && !/^[+-]?\d+$/.test(text)) fail("a whole number")
    const value = range ? BigInt(text.replace("+", "")) : Number(text === "" ? NaN : text)
    if (!range && Number.isNaN(value)) fail("a number")
    if (!range && field.finite && !Number.isFinite(value)) fail("a finite number")
    const [low, high] = field.bounds ?? range ?? [-Infinity, Infinity]
    if (value < low || value > high) fail(`from ${low} to ${high}`)
    return range && !isWide(scalar) ? Number(value) : value
}

// ---------------------------------------------------------------------------------------------------------------- the schema document

const NAME_LIMIT = 128

function readKind(reader) {
    const tag = reader.u8()
    const scalar = (least, most) => {
        const at = reader.u8()
        if (at < least || at > most) throw new MalformedError(`a scalar tag of ${at}`)
        return SCALARS[at]
    }
    if (tag >= 1 && tag <= 12) return { type: "scalar", scalar: SCALARS[tag] }
    if (tag === 32) return { type: "text", capacity: reader.u16() }
    if (tag === 33) return { type: "list", scalar: scalar(1, 12), capacity: reader.u16() }
    if (tag === 34) return { type: "vector", scalar: scalar(1, 12), count: reader.u8() }
    if (tag !== 35) throw new MalformedError(`a kind tag of ${tag}`)
    const kind = { type: "choice", scalar: scalar(2, 9), cases: [] }
    const count = reader.u16()
    if (count === 0) throw new MalformedError("a choice without cases")
    for (let index = 0; index < count; index += 1) {
        const raw = reader.i64()
        kind.cases.push({ raw: kind.scalar === "u64" ? BigInt.asUintN(64, raw) : raw, name: reader.text(NAME_LIMIT) })
    }
    return kind
}

function readField(reader) {
    const field = { name: reader.text(NAME_LIMIT), kind: readKind(reader), bounds: null, unit: "", examples: [] }
    const flags = reader.u8()
    if (flags > 63) throw new MalformedError(`rule flags of ${flags}`)
    if (flags & 1) {
        const { scalar } = field.kind
        const read = scalar === "f32" || scalar === "f64" ? () => reader.f64() : scalar?.startsWith("u") ? () => reader.u64() : () => reader.i64()
        field.bounds = [read(), read()]
    }
    if (flags & 2) field.unit = reader.text(NAME_LIMIT)
    field.notEmpty = (flags & 4) !== 0
    field.finite = (flags & 8) !== 0
    field.owner = (flags & 16) !== 0
    if (flags & 32) field.examples = readMany(reader, reader.u8(), () => reader.text(1024))
    return field
}

function readMany(reader, count, read) {
    const found = []
    for (let index = 0; index < count; index += 1) found.push(read(index))
    return found
}

const readFields = (reader) => readMany(reader, reader.u16(), () => readField(reader))

function readPosition(reader) {
    const flag = reader.u8()
    if (flag > 1) throw new MalformedError(`a flag of ${flag}`)
    if (flag === 0) return null
    return { component: reader.u16(), x: reader.u16(), y: reader.u16(), inner: reader.f64(), outer: reader.f64() }
}

/** A world's schema as its clients see it. `position.xName` and `.yName` are the fields of the component `position.name`. */
export function readSchema(bytes) {
    const reader = new Reader(bytes)
    const format = reader.u16()
    if (format !== 1) throw new MalformedError(`a schema document of format ${format}`)
    const schema = { name: reader.text(NAME_LIMIT), version: reader.u16(), tickMicroseconds: reader.u32(), position: readPosition(reader) }
    schema.components = readMany(reader, reader.u16(), () => ({
        id: reader.u16(), name: reader.text(NAME_LIMIT), visibility: reader.u8(), fields: readFields(reader),
    }))
    schema.componentByID = new Map(schema.components.map((each) => [each.id, each]))
    const component = (id) => {
        const found = schema.componentByID.get(id)
        if (!found) throw new MalformedError(`the schema names component ${id} but does not hold it`)
        return found
    }
    schema.commands = readMany(reader, reader.u16(), () => ({
        id: reader.u16(), name: reader.text(NAME_LIMIT), weight: reader.u16(), cost: reader.u16(), fields: readFields(reader), result: readFields(reader),
    }))
    schema.intents = readMany(reader, reader.u16(), () => {
        const [id, of] = [reader.u16(), component(reader.u16())]
        return { id, component: of.id, name: of.name, fields: of.fields }
    })
    schema.events = readMany(reader, reader.u16(), () => ({
        id: reader.u16(), name: reader.text(NAME_LIMIT), reliable: reader.u8() === 1, fields: readFields(reader),
    }))
    reader.end()
    if (schema.position) namePosition(schema.position, component(schema.position.component))
    return schema
}

function namePosition(position, component) {
    const [x, y] = [component.fields[position.x], component.fields[position.y]]
    if (!x || !y) throw new MalformedError("the position names fields that are not there")
    Object.assign(position, { name: component.name, xName: x.name, yName: y.name, unit: x.unit })
}

// ------------------------------------------------------------------------------------------------------------------------- the view

/** What this client may see: a table of rows that only complete updates change. */
export class View {
    constructor(schema) {
        this.schema = schema
        /** entity → { id, rows: component id → { bytes, value }, values: component name → value } */
        this.entities = new Map()
        this.tick = 0n
    }

    get rowCount() {
        let count = 0
        for (const entity of this.entities.values()) count += entity.rows.size
        return count
    }

    /** The value of one component of one entity, or undefined. */
    get(entity, component) { return this.entities.get(entity)?.values[component] }

    /** Applies the frames of one update, all of them or none. Returns the entities that have changed, those gone included. */
    apply(frames) {
        const touched = new Set()
        for (const { tick, reset, entries } of frames) {
            if (reset) {
                for (const id of this.entities.keys()) touched.add(id)
                this.entities.clear()
            }
            for (const entry of entries) this.applyEntry(entry, touched)
            this.tick = tick
        }
        return touched
    }

    applyEntry({ entity: id, action, removed, rows }, touched) {
        touched.add(id)
        if (action !== 1 && !this.entities.has(id)) throw new MalformedError(`a change of ${entityText(id)}, which is not in view`)
        if (action === 2) return void this.entities.delete(id)
        if (action === 1) this.entities.set(id, { id, rows: new Map(), values: Object.create(null) })
        const entity = this.entities.get(id)
        for (const component of removed) {
            entity.rows.delete(component.id)
            delete entity.values[component.name]
        }
        for (const { component, bytes, value } of rows) {
            entity.rows.set(component.id, { bytes, value })
            entity.values[component.name] = value
        }
    }

    /** Compares the view with what the world says it holds. */
    compare(answer) {
        const mismatches = []
        const known = new Set()
        for (const { entity, component, hash, inner } of answer) {
            const row = this.entities.get(entity)?.rows.get(component)
            known.add(`${entity}/${component}`)
            if (!row && inner) mismatches.push({ entity, component, why: "missing here" })
            if (row && hashRow(component, row.bytes) !== hash) mismatches.push({ entity, component, why: "different" })
        }
        for (const entity of this.entities.values()) {
            for (const component of entity.rows.keys()) {
                if (!known.has(`${entity.id}/${component}`)) mismatches.push({ entity: entity.id, component, why: "not in the world" })
            }
        }
        return { rows: this.rowCount, mismatches }
    }
}

function readEntry(reader, schema) {
    const entry = { entity: reader.u64(), action: reader.u8(), removed: [], rows: [] }
    if (entry.action > 2) throw new MalformedError(`an entry with action ${entry.action}`)
    if (entry.action === 2) return entry
    const component = () => {
        const id = reader.u16()
        const found = schema.componentByID.get(id)
        if (!found) throw new MalformedError(`a row of component ${id}, which the schema does not hold`)
        return found
    }
    const rowCount = reader.u8()
    entry.removed = readMany(reader, reader.u8(), component)
    entry.rows = readMany(reader, rowCount, () => {
        const of = component()
        const start = reader.offset
        const value = readRow(reader, of.fields)
        // Copied, because the view keeps it longer than the frame.
        return { component: of, bytes: reader.bytes.slice(start, reader.offset), value }
    })
    return entry
}

function readUpdate(reader, schema) {
    const tick = reader.u64()
    const flags = reader.u8()
    if (flags > 3) throw new MalformedError(`an update with flags ${flags}`)
    const entries = []
    while (reader.remaining > 0) entries.push(readEntry(reader, schema))
    return { tick, more: (flags & 1) !== 0, reset: (flags & 2) !== 0, entries }
}

// ---------------------------------------------------------------------------------------------------------------------- the session

/** Commands that wait here for credit: as many again as the server takes unanswered. */
const QUEUE_LIMIT = 256
/** Frames of one unfinished update: 256 of 256 KiB are more than any view. */
const PART_LIMIT = 256
const SCHEMA_LIMIT = 16

/** Schema documents by hash, oldest first out: worlds change rarely, so a reconnection needs none again. */
export class SchemaCache {
    constructor() { this.byHash = new Map() }
    get(hash) { return this.byHash.get(hash) }
    put(hash, schema) {
        this.byHash.set(hash, schema)
        if (this.byHash.size > SCHEMA_LIMIT) this.byHash.delete(this.byHash.keys().next().value)
    }
}

/**
 * One conversation with a server, from hello to close, without a socket or a clock.
 *
 * `transmit(bytes)` takes frames to send; `emit(kind, detail)` hears what came of the server's. States: new, greeting, choosing, describing,
 * joining, joined, closed. `receive` throws MalformedError when the server breaks the protocol; the session is then of no more use.
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
        /** The last payload of each kind of intent, to be sent again when the world is back: nobody else keeps them. */
        this.intents = new Map()
    }

    send(type, fill) {
        const writer = new Writer()
        writer.u8(type)
        fill?.(writer)
        this.transmit(writer.bytes)
        return writer.count
    }

    begin() {
        this.state = "greeting"
        this.send(CLIENT.hello, (to) => {
            to.u32(MAGIC)
            to.u16(WIRE_VERSION)
            to.u16(WIRE_VERSION)
            to.u8(this.clientKind)
            to.text(this.software)
        })
        this.send(CLIENT.login, (to) => to.text(this.name))
    }

    describe(world) {
        this.state = "describing"
        this.send(CLIENT.describe, (to) => to.text(world))
    }

    /** Role 1 is a player, 2 a monitor. Offers the schema that `worlds` says the world has, when it is known here. */
    join(world, role = 1) {
        this.state = "joining"
        this.world = world
        const listed = this.worlds.find((each) => each.name === world)
        const known = listed && this.schemas.get(listed.schemaHash) ? listed.schemaHash : 0n
        this.schema = this.schemas.get(known) ?? null
        this.send(CLIENT.join, (to) => {
            to.text(world)
            to.u8(role)
            to.u64(known)
        })
    }

    ping(clientTime) { this.send(CLIENT.ping, (to) => to.u64(BigInt(clientTime))) }
    leave() { this.send(CLIENT.leave) }
    kill(token) { this.send(CLIENT.kill, (to) => to.raw(token)) }

    intent(name, values) {
        const intent = this.schema.intents.find((each) => each.name === name)
        this.intents.set(intent.id, writeRow(intent.fields, values))
        this.sendIntent(intent.id)
    }

    sendIntent(kind) {
        this.send(CLIENT.intent, (to) => {
            to.u16(kind)
            to.raw(this.intents.get(kind))
        })
    }

    /**
     * Sends a command, or keeps it until there is credit. Resolves to its outcome: { status, command, sequence, tick } with status `applied` and
     * `result`, `refused` with `code`, `field` and `reason`, `unknown` when the connection was lost before the world's answer came, or `notRun` when the
     * world lost the end of its history before it came to it (`timelineChanged`, which also withdraws outcomes of ticks after its `forkTick`).
     */
    command(name, values) {
        const command = this.schema?.commands.find((each) => each.name === name)
        if (this.state !== "joined" || !command) return Promise.reject(new Error(`there is no command ${name} to send here`))
        if (this.queue.length >= QUEUE_LIMIT) return Promise.reject(new Error("too many commands wait for credit"))
        const payload = writeRow(command.fields, values)
        return new Promise((resolve) => {
            this.queue.push({ command, payload, resolve })
            this.sendQueued()
        })
    }

    sendQueued() {
        while (this.queue.length > 0) {
            const [{ command, payload, resolve }] = this.queue
            const size = 11 + payload.length
            if (this.nextSequence > this.throughSequence || this.sentBytes + BigInt(size) > this.throughByte) return
            this.queue.shift()
            this.pending.set(this.nextSequence, { command, resolve })
            this.send(CLIENT.command, (to) => {
                to.u64(this.nextSequence)
                to.u16(command.id)
                to.raw(payload)
            })
            this.sentBytes += BigInt(size)
            this.nextSequence += 1n
        }
    }

    /** Asks the world what this client should see, and resolves to { rows, mismatches, tick } once the view has been compared. */
    audit() {
        if (this.state !== "joined") return Promise.reject(new Error("no world is joined"))
        if (this.audits.size > 0) return Promise.reject(new Error("an audit is under way"))
        const request = this.nextAudit++
        return new Promise((resolve, reject) => {
            this.audits.set(request, { rows: [], resolve, reject })
            this.send(CLIENT.audit, (to) => to.u32(request))
        })
    }

    /** The connection is gone: nobody will answer what is still open. */
    end() {
        this.state = "closed"
        for (const [sequence, { command, resolve }] of this.pending) resolve({ status: "unknown", command: command.name, sequence })
        for (const { command, resolve } of this.queue) resolve({ status: "unsent", command: command.name })
        for (const { reject } of this.audits.values()) reject(new Error("the connection was lost"))
        this.pending.clear()
        this.queue = []
        this.audits.clear()
    }

    receive(bytes) {
        const reader = new Reader(bytes)
        const type = reader.u8()
        switch (type) {
            case SERVER.welcome: return this.onWelcome(reader)
            case SERVER.worlds: return this.onWorlds(reader)
            case SERVER.schema: return this.onSchema(reader)
            case SERVER.joined: return this.onJoined(reader)
            case SERVER.joinRefused: return this.onJoinRefused(reader)
            case SERVER.update: return this.onUpdate(reader)
            case SERVER.outcome: return this.onOutcome(reader)
            case SERVER.event: return this.onEvent(reader)
            case SERVER.credit: return this.onCredit(reader)
            case SERVER.pong: return this.onPong(reader)
            case SERVER.auditAnswer: return this.onAuditAnswer(reader)
            case SERVER.notice: return this.onNotice(reader)
            case SERVER.close: return this.onClose(reader)
            default: return undefined // Version 1 may grow.
        }
    }

    onWelcome(reader) {
        const version = reader.u16()
        if (version !== WIRE_VERSION) throw new MalformedError(`the server picked version ${version}`)
        this.development = (reader.u8() & 1) !== 0
        this.limits = { clientFrame: reader.u32(), serverFrame: reader.u32(), idle: reader.u32() }
        this.emit("welcome", { version, development: this.development, software: reader.text(64), ...this.limits })
        reader.end()
    }

    onWorlds(reader) {
        this.worlds = readMany(reader, reader.u16(), () => ({
            name: reader.text(32), version: reader.u16(), state: nameOf(WORLD_STATES, reader.u8()), schemaHash: reader.u64(),
            pace: nameOf(PACES, reader.u8()), tickMicroseconds: reader.u32(),
        }))
        reader.end()
        if (this.state === "greeting") this.state = "choosing"
        this.emit("worlds", this.worlds)
    }

    onSchema(reader) {
        const hash = reader.u64()
        const schema = readSchema(reader.rest())
        this.schemas.put(hash, schema)
        if (this.state === "joining") this.schema = schema
        if (this.state === "describing") this.state = "choosing"
        this.emit("schema", { hash, schema })
    }

    onJoined(reader) {
        if (this.state !== "joining" || !this.schema) throw new MalformedError("joined comes without a schema")
        const joined = {
            session: reader.u64(), avatar: reader.u64(), incarnation: reader.u32(), tick: reader.u64(), tickMicroseconds: reader.u32(),
            firstSequence: reader.u64(), throughSequence: reader.u64(), throughByte: reader.u64(), role: reader.u8(),
        }
        reader.end()
        Object.assign(this, { state: "joined", avatar: joined.avatar, incarnation: joined.incarnation, tick: joined.tick })
        Object.assign(this, { nextSequence: joined.firstSequence, throughSequence: joined.throughSequence, throughByte: joined.throughByte })
        this.sentBytes = 0n
        this.view = new View(this.schema)
        this.emit("joined", joined)
    }

    onJoinRefused(reader) {
        const refused = { code: nameOf(JOIN_REFUSALS, reader.u8()), refusal: nameOf(REFUSALS, reader.u8()), retryAfter: reader.u32(), reason: reader.text(256) }
        reader.end()
        this.state = "choosing"
        this.emit("joinRefused", { world: this.world, ...refused })
    }

    onUpdate(reader) {
        if (!this.view) throw new MalformedError("an update comes before joined")
        const part = readUpdate(reader, this.schema)
        const isContinuation = this.parts.length > 0
        if (isContinuation && (part.reset || part.tick !== this.parts[0].tick)) throw new MalformedError("an update goes on as another one")
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

    onOutcome(reader) {
        const [sequence, tick, status] = [reader.u64(), reader.u64(), reader.u8()]
        const open = this.pending.get(sequence)
        if (!open || this.pending.keys().next().value !== sequence) throw new MalformedError(`an outcome for ${sequence}, which is not the next one due`)
        if (status > 1) throw new MalformedError(`an outcome with status ${status}`)
        this.pending.delete(sequence)
        const outcome = { status: status === 0 ? "applied" : "refused", command: open.command.name, sequence, tick }
        if (status === 0) outcome.result = readRow(reader, open.command.result)
        else Object.assign(outcome, { code: nameOf(REFUSALS, reader.u8()), field: reader.text(256), reason: reader.text(256) })
        reader.end()
        this.advance(tick)
        open.resolve(outcome)
        this.emit("outcome", { ...outcome, fields: open.command.result })
    }

    onEvent(reader) {
        const [tick, kind] = [reader.u64(), reader.u16()]
        const event = this.schema?.events[kind]
        if (!event) throw new MalformedError(`an event of kind ${kind}, which the schema does not hold`)
        const value = readRow(reader, event.fields)
        reader.end()
        this.advance(tick)
        this.emit("event", { tick, name: event.name, fields: event.fields, value })
    }

    onCredit(reader) {
        const [sequence, byte] = [reader.u64(), reader.u64()]
        reader.end()
        if (sequence < this.throughSequence || byte < this.throughByte) throw new MalformedError("credit falls")
        Object.assign(this, { throughSequence: sequence, throughByte: byte })
        this.sendQueued()
    }

    onPong(reader) {
        const pong = { clientTime: reader.u64(), serverTime: reader.u64(), tick: reader.u64(), sinceTick: reader.u32() }
        reader.end()
        this.advance(pong.tick)
        this.emit("pong", pong)
    }

    onAuditAnswer(reader) {
        const [request, tick, flags] = [reader.u32(), reader.u64(), reader.u8()]
        const audit = this.audits.get(request)
        if (!audit) throw new MalformedError(`an answer to audit ${request}, which is not open`)
        while (reader.remaining > 0) audit.rows.push({ entity: reader.u64(), component: reader.u16(), hash: reader.u64(), inner: reader.u8() === 1 })
        if (flags & 1) return
        this.audits.delete(request)
        audit.resolve({ tick, ...this.view.compare(audit.rows) })
    }

    onNotice(reader) {
        const kind = reader.u8()
        if (kind === 1) {
            this.hostAway = true
            // A whole new answer comes to whatever was asked.
            for (const audit of this.audits.values()) audit.rows = []
            this.emit("hostAway", {})
        } else if (kind === 2) {
            this.hostAway = false
            this.incarnation = reader.u32()
            if (this.state === "joined") for (const kind of this.intents.keys()) this.sendIntent(kind)
            this.emit("hostBack", { incarnation: this.incarnation, tick: reader.u64() })
        } else if (kind === 3) {
            this.emit("dilated", { permille: reader.u16() })
        } else if (kind === 4) {
            this.emit("stopping", { within: reader.u32(), text: reader.text(256) })
        } else if (kind === 5) {
            this.emit("viewed", { ticksDue: reader.u64() })
        } else if (kind === 6) {
            this.onTimelineChanged(reader)
        } else {
            return // Version 1 may grow.
        }
        reader.end()
    }

    /** The world lost the end of its history: what came after the fork is withdrawn, and the client chooses again. */
    onTimelineChanged(reader) {
        const flags = reader.u8()
        const incarnation = reader.u32()
        const forkTick = flags & 1 ? reader.u64() : null
        const nextSequence = flags & 2 ? reader.u64() : null
        if (this.state !== "joined") return
        for (const [sequence, { command, resolve }] of this.pending) resolve({ status: "notRun", command: command.name, sequence })
        for (const { reject } of this.audits.values()) reject(new Error("the world lost the end of its history"))
        this.pending.clear()
        this.audits.clear()
        this.intents.clear()
        Object.assign(this, { state: "choosing", view: null, parts: [], hostAway: false, tick: forkTick ?? 0n, throughSequence: 0n, throughByte: 0n })
        for (const { command, resolve } of this.queue) resolve({ status: "unsent", command: command.name })
        this.queue = []
        this.emit("timelineChanged", { forkTick, incarnation, nextSequence })
    }

    onClose(reader) {
        const close = { code: nameOf(CLOSES, reader.u16()), retryAfter: reader.u32(), text: reader.text(256) }
        this.end()
        this.emit("close", close)
    }

    advance(tick) { if (tick > this.tick) this.tick = tick }
}

// ------------------------------------------------------------------------------------------------------------------- the connection

/** Milliseconds between heartbeats; each sends a ping, which is also the latency sample shown. */
const HEARTBEAT = 1_000
/** Milliseconds before the next attempt after the first, second, … loss in a row; the last one repeats. */
const BACKOFF = [250, 500, 1_000, 2_000, 5_000]
/** Milliseconds between two tries to join: the server takes one a second. */
const JOIN_PAUSE = 1_000
/** Worlds described while looking for one with a position; the server's bucket of describes and joins holds eight. */
const DESCRIBE_LIMIT = 6
/** Tries to take up a name that another connection holds: the server may not have noticed yet that ours is gone. */
const IN_USE_TRIES = 3

/**
 * A Session that is kept alive: opens the WebSocket, picks a world, joins it, counts, pings, and starts over after a loss.
 *
 * `emit(kind, detail)` hears everything that Session emits, and: `status` (anything shown about the connection has changed), `lost` { reason, again:
 * ms or null }, `auditable`. `rename()` gives another name when the old one is taken.
 */
export class Connection {
    constructor({ url, name, world = null, rename, emit }) {
        Object.assign(this, { url, name, wanted: world, rename, listener: emit })
        this.schemas = new SchemaCache()
        this.session = null
        this.reconnects = 0
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
        this.stopped = false
        this.inUse = 0
        this.described = 0
        this.farewell = null
        const socket = new WebSocket(this.url)
        socket.binaryType = "arraybuffer"
        this.socket = socket
        const current = () => this.socket === socket
        const session = new Session({
            name: this.name, schemas: this.schemas,
            transmit: (bytes) => this.transmit(socket, bytes),
            emit: (kind, detail) => { if (current()) this.hear(kind, detail) },
        })
        this.session = session
        socket.onopen = () => {
            if (!current()) return
            if (this.isLost) this.reconnects += 1
            this.isLost = false
            session.begin()
        }
        socket.onmessage = (message) => { if (current()) this.receive(session, new Uint8Array(message.data)) }
        socket.onclose = () => { if (current()) this.lose() }
        this.tell("status")
    }

    transmit(socket, bytes) {
        if (socket.readyState !== WebSocket.OPEN) return
        socket.send(bytes)
        this.counts.bytesOut += bytes.length
        this.lastSent = performance.now()
    }

    receive(session, bytes) {
        this.counts.bytesIn += bytes.length
        try {
            session.receive(bytes)
        } catch (error) {
            if (!(error instanceof MalformedError)) throw error
            this.farewell = { code: "malformed", retryAfter: NEVER, text: `the server sent what the protocol does not allow: ${error.message}` }
            this.socket.close()
            return
        }
        // Browsers slow timers down in hidden pages, but not messages: keep well inside the server's idle limit.
        if (performance.now() - this.lastSent > 10 * HEARTBEAT && session.state !== "closed") this.ping()
    }

    tell(kind, detail = {}) { this.listener(kind, detail) }

    hear(kind, detail) {
        if (kind === "worlds") this.choose()
        if (kind === "schema" && this.session.state === "choosing") this.choose()
        if (kind === "joined") this.failures = 0
        if (kind === "joinRefused") this.onJoinRefused(detail)
        if (kind === "view") this.counts.updates += 1
        if (kind === "pong") this.stats.latency = Number(this.microseconds() - detail.clientTime) / 1_000
        if (kind === "close") this.farewell = detail
        this.tell(kind, detail)
        if (kind !== "view" && kind !== "pong") this.tell("status")
    }

    /** Joins what was asked for, else the only world, else the first with a position. */
    choose() {
        const { session } = this
        if (session.state !== "choosing" || this.rejoin) return
        const { worlds } = session
        const wanted = worlds.find((each) => each.name === this.wanted)
        if (wanted) return this.joinWorld(wanted)
        if (this.wanted || worlds.length === 0) return undefined
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

    joinWorld(world) {
        if (world.state === "failed") return
        this.session.join(world.name)
    }

    onJoinRefused({ code, retryAfter }) {
        if (code === "accountInUse" && ++this.inUse >= IN_USE_TRIES) {
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
        if (!old) return // Another one is under way, and takes these wishes along.
        // The attempt that a loss has planned would become a second connection beside ours, and hold our name.
        clearTimeout(this.retry)
        this.retry = null
        const left = old.readyState === WebSocket.CLOSED ? null : new Promise((resolve) => {
            old.onclose = resolve
            old.onmessage = null
            setTimeout(resolve, 2_000)
        })
        if (old.readyState === WebSocket.OPEN) this.session.leave()
        else old.close()
        this.session.end()
        this.socket = null
        await left
        old.close()
        if (!this.socket) this.open()
    }

    lose() {
        this.session.end()
        this.isLost = true
        const farewell = this.farewell ?? { code: "", retryAfter: 0, text: "the connection was lost" }
        const final = farewell.retryAfter === NEVER
        const pause = Math.max(farewell.retryAfter, BACKOFF[Math.min(this.failures, BACKOFF.length - 1)])
        this.failures += 1
        this.stopped = final
        this.retry = final ? null : setTimeout(() => this.open(), pause)
        this.tell("lost", { ...farewell, again: final ? null : pause })
        this.tell("status")
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
        this.ping()
        this.tell("status")
    }
}
