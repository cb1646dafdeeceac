import assert from "node:assert/strict"
import test from "node:test"
import { MalformedError, Writer } from "../../Clients/web/client/bytes.js"
import { decodeUpdate } from "../../Clients/web/client/update.js"
import { View, hashRow } from "../../Clients/web/client/view.js"
import { repeat } from "./random.mjs"

const COMPONENTS = [
    { id: 3, name: "place", fields: [{ name: "x", kind: { type: "scalar", scalar: "i32" } }] },
    { id: 9, name: "name", fields: [{ name: "text", kind: { type: "text", capacity: 64 } }] },
]
const SCHEMA = { components: COMPONENTS, componentByID: new Map(COMPONENTS.map((each) => [each.id, each])) }

const randomRows = (random) => COMPONENTS.filter(() => random.below(2) === 1).map((component) => ({
    component, value: component.id === 3 ? { x: random.between(-1_000, 1_000) } : { text: random.text(8) },
}))

/** One entry as docs/protocol.md lays it out. */
function writeEntry(writer, { entity, action, removed, rows }) {
    writer.u64(entity)
    writer.u8(action)
    if (action === 2) return
    writer.u8(rows.length)
    writer.u8(removed.length)
    for (const each of removed) writer.u16(each.id)
    for (const { component, value } of rows) {
        writer.u16(component.id)
        component.id === 3 ? writer.i32(value.x) : writer.text(value.text)
    }
}

/** Random entries that fit `model`, which they change too: entity → component name → value. */
function randomEntries(random, model) {
    return Array.from({ length: random.below(6) }, () => {
        const entity = BigInt(random.between(1, 8))
        const known = model.get(entity)
        const action = known ? random.pick([0, 0, 1, 2]) : 1
        const removed = action === 0 ? COMPONENTS.filter(() => random.below(4) === 0) : []
        const rows = action === 2 ? [] : randomRows(random)
        if (action === 2) model.delete(entity)
        if (action === 1) model.set(entity, {})
        for (const each of removed) delete model.get(entity)[each.name]
        for (const { component, value } of rows) model.get(entity)[component.name] = value
        return { entity, action, removed, rows }
    })
}

function bodyOf(tick, flags, entries) {
    const writer = new Writer()
    writer.u64(BigInt(tick))
    writer.u8(flags)
    for (const each of entries) writeEntry(writer, each)
    return writer.bytes
}

const contentOf = (view) => new Map([...view.entities].map(([id, { values }]) =>
    [id, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { ...value }]))]))

test("a view that takes updates, split anywhere, holds what the world holds, and an audit agrees", () => repeat(300, (random) => {
    const view = new View(SCHEMA)
    const model = new Map()
    for (let tick = 1; tick <= 12; tick += 1) {
        const reset = random.below(6) === 0
        if (reset) model.clear()
        const entries = randomEntries(random, model)
        const cut = random.below(entries.length + 1)
        const bodies = random.below(2) === 0 ? [bodyOf(tick, reset ? 2 : 0, entries)]
            : [bodyOf(tick, 1 | (reset ? 2 : 0), entries.slice(0, cut)), bodyOf(tick, 0, entries.slice(cut))]
        const touched = view.apply(bodies.map((body) => decodeUpdate(body, SCHEMA)))
        for (const { entity } of entries) assert.ok(touched.has(entity))
        assert.deepEqual(contentOf(view), model)
        assert.equal(view.tick, BigInt(tick))
    }
    const answer = [...view.entities.values()].flatMap(({ id, rows }) =>
        [...rows].map(([component, { bytes }]) => ({ entity: id, component, hash: hashRow(component, bytes), inner: true })))
    assert.deepEqual(view.compare(answer), { rows: answer.length, mismatches: [] })
    if (answer.length === 0) return
    const wrong = random.pick(answer)
    assert.deepEqual(view.compare(answer.filter((each) => each !== wrong)).mismatches.map((each) => each.why), ["not in the world"])
    wrong.hash ^= 1n
    assert.deepEqual(view.compare(answer).mismatches.map((each) => each.why), ["different"])
    assert.deepEqual(view.compare([...answer, { ...wrong, entity: 99n }]).mismatches.map((each) => each.why), ["different", "missing here"])
}))

test("a change of an entity that is not in view is malformed", () => {
    const body = bodyOf(1, 0, [{ entity: 5n, action: 0, removed: [], rows: [] }])
    assert.throws(() => new View(SCHEMA).apply([decodeUpdate(body, SCHEMA)]), MalformedError)
})
