import assert from "node:assert/strict"
import test from "node:test"
import { MalformedError, Reader, Writer, fromHex, toHex } from "../../Clients/web/client/bytes.js"
import { repeat } from "./random.mjs"

const KINDS = {
    u8: (random) => random.below(256), u16: (random) => random.below(65_536), u32: (random) => random.below(2 ** 32),
    i8: (random) => random.between(-128, 127), i16: (random) => random.between(-32_768, 32_767), i32: (random) => random.between(-(2 ** 31), 2 ** 31 - 1),
    u64: (random) => random.big(0n, (1n << 64n) - 1n), i64: (random) => random.big(-(1n << 63n), (1n << 63n) - 1n),
    f32: (random) => Math.fround((random.share() - 0.5) * 10 ** random.between(-30, 30)),
    f64: (random) => (random.share() - 0.5) * 10 ** random.between(-300, 300),
    text: (random) => random.text(12),
}
const read = (reader, kind) => (kind === "text" ? reader.text(48) : reader[kind]())

test("what is written is read again, and no shorter input is taken for it", () => repeat(300, (random) => {
    const values = Array.from({ length: random.between(1, 12) }, () => {
        const kind = random.pick(Object.keys(KINDS))
        return [kind, KINDS[kind](random)]
    })
    const writer = new Writer()
    for (const [kind, value] of values) writer[kind](value)
    const reader = new Reader(writer.bytes)
    for (const [kind, value] of values) assert.deepEqual(read(reader, kind), value, kind)
    reader.end()
    const short = new Reader(writer.bytes.subarray(0, random.below(writer.count)))
    assert.throws(() => { for (const [kind] of values) read(short, kind) }, MalformedError)
}))

test("every NaN is written as the canonical one", () => {
    const writer = new Writer()
    writer.f32(NaN)
    writer.f64(-NaN)
    assert.equal(toHex(writer.bytes), "7fc000007ff8000000000000")
})

test("a text over its limit, one that is not UTF-8 and bytes left over are malformed", () => {
    assert.throws(() => new Reader(fromHex("0003 616263")).text(2), MalformedError)
    assert.throws(() => new Reader(fromHex("0002 c328")).text(2), MalformedError)
    assert.throws(() => new Reader(fromHex("00")).end(), MalformedError)
    assert.equal(new Reader(fromHex("0003 efbbbf")).text(3), "\ufeff")
})
