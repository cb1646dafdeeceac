// Values as people read and type them.

import { MASK64, utf8Length } from "./bytes.js"
import { INTEGER_RANGES, isWide } from "./fields.js"

/** A person typed what a field cannot hold. */
export class FieldError extends Error {
    constructor(field, message) {
        super(message)
        this.field = field
    }
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
        const length = utf8Length(text)
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
