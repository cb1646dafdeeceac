import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import test from "node:test"
import { MalformedError, Reader, Writer, fromHex, toHex } from "../../Clients/web/client/bytes.js"
import { decode, encode } from "../../Clients/web/client/frames.js"
import { readSchema } from "../../Clients/web/client/schema.js"
import { decodeUpdate } from "../../Clients/web/client/update.js"
import { View } from "../../Clients/web/client/view.js"

const vectors = (name) => JSON.parse(readFileSync(new URL(`../../docs/vectors/${name}.json`, import.meta.url), "utf8"))

test("varints are those of docs/vectors", () => {
    const { good, malformed } = vectors("varints")
    for (const { value, bytes } of good) {
        const writer = new Writer()
        writer.varint(BigInt(value))
        assert.equal(toHex(writer.bytes), bytes)
        assert.equal(new Reader(fromHex(bytes)).varint(), BigInt(value))
    }
    for (const bytes of malformed) assert.throws(() => new Reader(fromHex(bytes)).varint(), MalformedError, bytes)
})

/** The call that writes a client frame with these fields. */
const WRITE = {
    hello: ([, , , kind, software]) => encode.hello(Number(kind), software),
    login: ([name]) => encode.login(name),
    describe: ([world]) => encode.describe(world),
    join: ([world, role, hash, ...claim]) => encode.join(world, Number(role), BigInt(hash), claim.length > 0 ? claimOf(claim) : null),
    command: ([, sequence, kind, ...rest]) => encode.command(BigInt(sequence), Number(kind), fromHex(rest.at(-1)), rest.length > 1 ? fromHex(rest[0]) : null),
    intent: ([, number, kind, payload]) => encode.intent(Number(number), Number(kind), fromHex(payload)),
    ping: ([time]) => encode.ping(BigInt(time)),
    audit: ([request]) => encode.audit(Number(request)),
    leave: () => encode.leave(),
    kill: ([token]) => encode.kill(fromHex(token)),
    received: ([sequence]) => encode.received(BigInt(sequence)),
}

function claimOf([session, ticket, acknowledged, incarnation, tick, eventsThrough, eventsAfter, viewTick, updates]) {
    const [numbers, counts] = [{ session, acknowledged, tick, eventsThrough, viewTick }, { incarnation, eventsAfter, updates }]
    const read = (fields, type) => Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, type(text)]))
    return { ...read(numbers, BigInt), ...read(counts, Number), ticket: fromHex(ticket) }
}

/** What a server says of a session, as the vectors write it. */
function resumptionFields(resumption) {
    switch (resumption?.status) {
        case "resumed": {
            const { continued, forked, forkTick, oldest, lastIntent, lostEvents } = resumption
            const flags = Number(continued) | Number(forked) << 1 | (forkTick === null ? 0 : 4)
            return [1, flags, oldest, lastIntent, lostEvents, forkTick ?? 0]
        }
        case "ended": return [2, resumption.oldest, resumption.through]
        case "unknown": return [3]
        default: return []
    }
}

test("client frames are those of docs/vectors", () => {
    for (const { name, frame, fields } of vectors("frames").client) assert.equal(toHex(WRITE[name](fields)), frame, name)
})

/** A decoded field as the vectors write it. Codes that this client shows by name are not compared. */
function written(value) {
    if (typeof value === "boolean") return value ? "1" : "0"
    return value instanceof Uint8Array ? toHex(value) : String(value)
}

test("server frames are read as docs/vectors say", () => {
    const { server, skippedServer, malformedServer } = vectors("frames")
    for (const { name, frame, fields } of server) {
        const { type, ...decoded } = decode(fromHex(frame))
        assert.equal(type, name)
        const { ticket, resumption, ...said } = decoded
        const values = [...Object.values(said), ...(ticket ? [ticket] : []), ...resumptionFields(resumption)].map(written)
        assert.equal(values.length, fields.length, name)
        values.forEach((value, index) => {
            const isNamedCode = /^[0-9]+$/.test(fields[index]) && !/^[0-9]+$/.test(value)
            if (!isNamedCode) assert.equal(value, fields[index], `${name}, field ${index}`)
        })
    }
    for (const frame of skippedServer) assert.equal(decode(fromHex(frame)), null)
    for (const { why, frame } of malformedServer) assert.throws(() => decode(fromHex(frame)), MalformedError, why)
})

test("a view that reads the updates of docs/vectors shows what they say", () => {
    const { schema: document, idBase, updates, malformed } = vectors("updates")
    const schema = readSchema(fromHex(document))
    const parse = (frame) => decodeUpdate(decode(fromHex(frame)).body, schema, BigInt(idBase))
    const play = () => {
        const view = new View(schema)
        for (const { what, frames, view: expected } of updates) {
            view.apply(frames.map(parse))
            const rows = [...view.entities.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).flatMap(({ id, rows: held }) =>
                [...held].sort(([a], [b]) => a - b).map(([component, { bytes }]) => ({ component, entity: String(id), row: toHex(bytes) })))
            assert.deepEqual(rows, expected, what)
        }
        return view
    }
    const last = play().tick
    for (const { why, frame } of malformed) {
        assert.throws(() => {
            const part = parse(frame)
            if (part.tick < last) throw new MalformedError("a tick that falls")
            play().apply([part])
        }, MalformedError, why)
    }
})
