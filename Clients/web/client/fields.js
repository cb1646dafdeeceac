// Values of fields, and rows: fields in order, as the schema says. A value is a Number, BigInt, boolean, string, array, or the name of a choice's case.

import { MASK64, MalformedError, Writer } from "./bytes.js"

/** Scalars by their tag in the schema document. */
export const SCALARS = [null, "bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "entity"]
export const INTEGER_RANGES = {
    i8: [-0x80n, 0x7fn], i16: [-0x8000n, 0x7fffn], i32: [-0x80000000n, 0x7fffffffn], i64: [-(1n << 63n), (1n << 63n) - 1n],
    u8: [0n, 0xffn], u16: [0n, 0xffffn], u32: [0n, 0xffffffffn], u64: [0n, MASK64],
}
/** Whether values of the scalar are BigInt. */
export const isWide = (scalar) => scalar === "i64" || scalar === "u64"

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

/** What a field holds unless a value is given. */
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
