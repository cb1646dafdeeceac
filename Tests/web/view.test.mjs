import assert from "node:assert/strict"
import test from "node:test"
import { MalformedError, Writer, fromHex, zigzag } from "../../Clients/web/client/bytes.js"
import { decodeUpdate } from "../../Clients/web/client/update.js"
import { View, hashRow } from "../../Clients/web/client/view.js"
import { repeat } from "./random.mjs"

const COMPONENTS = [
    { id: 3, name: "place", fields: [{ name: "x", kind: { type: "scalar", scalar: "i32" } }] },
    { id: 9, name: "name", fields: [{ name: "text", kind: { type: "text", capacity: 64 } }] },
]
const SCHEMA = { components: COMPONENTS, shownComponents: COMPONENTS, componentByID: new Map(COMPONENTS.map((each) => [each.id, each])) }
const BASE = 3n
const SECTIONS = ["changed", "removed", "entered", "left"]

const randomRows = (random) => {
    const chosen = COMPONENTS.filter(() => random.below(2) === 1)
    return (chosen.length > 0 ? chosen : [COMPONENTS[0]]).map((component) => ({
        component, value: component.id === 3 ? { x: random.between(-1_000, 1_000) } : { text: random.text(8) },
    }))
}

/** A row as docs/protocol.md lays it out: whole, or after a mask; a number as a difference where there is one to differ from. */
function writeRow(writer, section, { component, value, old }) {
    const difference = section === "changed" && component.id === 3 && old
    if (section === "changed") writer.u8(difference ? 2 : 1)
    if (difference) writer.varint(zigzag(BigInt(value.x - old.x)))
    else component.id === 3 ? writer.i32(value.x) : writer.text(value.text)
}

function writeEntry(writer, { entity, section, removed, rows }, last) {
    writer.varint(last === null ? zigzag(entity - BASE) : entity - last)
    if (section === "left") return
    const bits = (section === "removed" ? removed : rows.map((each) => each.component)).map((each) => COMPONENTS.indexOf(each))
    writer.varint(bits.reduce((mask, bit) => mask | (1 << bit), 0))
    for (const row of rows) writeRow(writer, section, row)
}

/** Random entries that fit `model`, which they change too: entity → component name → value. In the order of sections and entities. */
function randomEntries(random, model) {
    const entries = []
    const entities = Array.from({ length: 8 }, (_, index) => BigInt(index + 4))
    for (const section of SECTIONS) {
        for (const entity of entities.filter(() => random.below(4) === 0)) {
            const known = model.get(entity)
            if (!known && section !== "entered") continue
            const entry = { entity, section, removed: [], rows: [] }
            if (section === "entered") model.set(entity, {})
            if (section === "left") model.delete(entity)
            if (section === "removed") entry.removed = [random.pick(COMPONENTS)]
            for (const each of entry.removed) delete known[each.name]
            if (section === "changed" || section === "entered") entry.rows = randomRows(random)
            for (const row of entry.rows) {
                row.old = section === "changed" ? known[row.component.name] : undefined
                model.get(entity)[row.component.name] = row.value
            }
            entries.push(entry)
        }
    }
    return entries
}

function bodyOf(tick, flags, entries) {
    const writer = new Writer()
    writer.u8(flags)
    writer.varint(tick)
    let [section, last] = [0, null]
    for (const entry of entries) {
        for (; SECTIONS[section] !== entry.section; section += 1) {
            writer.varint(0)
            last = null
        }
        writeEntry(writer, entry, last)
        last = entry.entity
    }
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
        const touched = view.apply(bodies.map((body) => decodeUpdate(body, SCHEMA, BASE)))
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

test("what breaks the rules of sections, masks and differences is malformed", () => {
    const view = () => {
        const fresh = new View(SCHEMA)
        fresh.apply([decodeUpdate(fromHex("02 01 00 00 02 01 7ffffff0"), SCHEMA, BASE)])
        return fresh
    }
    view().apply([decodeUpdate(fromHex("00 02 02 01 02 1e"), SCHEMA, BASE)])
    for (const [what, hex] of [
        ["a change of an entity that is not in view", "00 02 04 01 02 02"], ["a change of a row that is not in view", "00 02 02 02 00"],
        ["a difference to a row that is not in view", "00 02 02 02 02 02"], ["a difference that overflows", "00 02 02 01 02 20"],
        ["a mask that names no field", "00 02 02 01 00"], ["a mask beyond the fields", "00 02 02 01 05 00000001 00000001"],
        ["the code that means nothing", "00 02 02 01 03"], ["an entry without a component", "00 02 02 00"],
        ["a component beyond the schema", "00 02 02 04 01"], ["a section that ends with the frame", "00 02 02 01 02 02 00"],
        ["five sections", "00 02 00 00 00 00 02"], ["a varint longer than need be", "00 02 82 00 01 02 02"], ["unknown flags", "10 02"],
        ["no id", "00 02 00 00 00 05"],
    ]) assert.throws(() => view().apply([decodeUpdate(fromHex(hex), SCHEMA, BASE)]), MalformedError, what)
})

test("where rows have lengths, components that the schema does not hold are skipped", () => {
    const view = new View(SCHEMA)
    view.apply([decodeUpdate(fromHex("06 01 00 00 02 05 04 00000007 03 aabbcc"), SCHEMA, BASE)])
    assert.deepEqual(contentOf(view), new Map([[4n, { place: { x: 7 } }]]))
    assert.throws(() => decodeUpdate(fromHex("06 02 00 00 02 01 05 00000007 aa"), SCHEMA, BASE), MalformedError)
})
