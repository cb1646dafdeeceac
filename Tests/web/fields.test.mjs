import assert from "node:assert/strict"
import test from "node:test"
import { MalformedError, Reader, fromHex } from "../../Clients/web/client/bytes.js"
import { INTEGER_RANGES, SCALARS, isWide, readRow, writeRow } from "../../Clients/web/client/fields.js"
import { FieldError, entityText, parseEntity, parseField, valueText } from "../../Clients/web/client/text.js"
import { repeat } from "./random.mjs"

const scalarValue = (random, scalar) => {
    if (scalar === "bool") return random.below(2) === 1
    if (scalar === "entity") return random.big(0n, (1n << 64n) - 1n)
    if (scalar === "f32") return Math.fround(random.share() * 1_000)
    if (scalar === "f64") return random.share() * 1_000
    const value = random.big(...INTEGER_RANGES[scalar])
    return isWide(scalar) ? value : Number(value)
}

function fieldCase(random, name) {
    const scalar = random.pick(SCALARS.slice(1))
    const many = (count) => Array.from({ length: count }, () => scalarValue(random, scalar))
    const cases = [{ name: "one", raw: 1n }, { name: "seven", raw: 7n }]
    const [kind, value] = random.pick([
        () => [{ type: "scalar", scalar }, scalarValue(random, scalar)],
        () => [{ type: "text", capacity: 60 }, random.text(20)],
        () => [{ type: "list", scalar, capacity: 5 }, many(random.below(6))],
        () => [{ type: "vector", scalar, count: 3 }, many(3)],
        () => [{ type: "choice", scalar: random.pick(["u8", "i64"]), cases }, random.pick(cases).name],
    ])()
    return { field: { name, kind, bounds: null, unit: "", examples: [] }, value }
}

test("a row is read as it was written, and every shorter one is malformed", () => repeat(300, (random) => {
    const cases = Array.from({ length: random.between(1, 6) }, (_, index) => fieldCase(random, `f${index}`))
    const fields = cases.map((each) => each.field)
    const row = Object.fromEntries(cases.map((each) => [each.field.name, each.value]))
    const bytes = writeRow(fields, row)
    const reader = new Reader(bytes)
    assert.deepEqual({ ...readRow(reader, fields) }, row)
    reader.end()
    const short = bytes.subarray(0, random.below(bytes.length))
    assert.throws(() => readRow(new Reader(short), fields), MalformedError)
}))

test("what people read can be typed again", () => repeat(300, (random) => {
    const { field, value } = fieldCase(random, "f")
    const isRounded = field.kind.scalar?.startsWith("f")
    if (!isRounded) assert.deepEqual(parseField(field, valueText(field, value)), value)
}))

test("missing values are zeros", () => {
    const fields = [{ name: "a", kind: { type: "scalar", scalar: "u16" } }, { name: "b", kind: { type: "text", capacity: 4 } }]
    assert.deepEqual(writeRow(fields, {}), fromHex("0000 0000"))
})

test("a number outside of the field's range or rule is a FieldError", () => repeat(100, (random) => {
    const scalar = random.pick(Object.keys(INTEGER_RANGES))
    const [low, high] = INTEGER_RANGES[scalar]
    const field = { name: "n", kind: { type: "scalar", scalar }, bounds: null }
    for (const wrong of [low - 1n, high + 1n, "", "1.5", "x"]) assert.throws(() => parseField(field, String(wrong)), FieldError)
    assert.throws(() => parseField({ ...field, bounds: [1n, 5n] }, "6"), FieldError)
}))

test("entities have one text each", () => repeat(200, (random) => {
    const entity = random.big(0n, (1n << 64n) - 1n)
    assert.equal(parseEntity(entityText(entity)), entity)
    for (const wrong of ["", "1:2", "16384:0.1", "1:67108864.1", "1:2.16777216", "1:-2.1"]) assert.equal(parseEntity(wrong), null, wrong)
}))

test("a list over its capacity, a choice of no case and a bool of 2 are malformed", () => {
    const read = (kind, hex) => () => readRow(new Reader(fromHex(hex)), [{ name: "f", kind }])
    assert.throws(read({ type: "list", scalar: "u8", capacity: 1 }, "0002 0000"), MalformedError)
    assert.throws(read({ type: "choice", scalar: "u8", cases: [{ name: "a", raw: 0n }] }, "01"), MalformedError)
    assert.throws(read({ type: "scalar", scalar: "bool" }, "02"), MalformedError)
})
