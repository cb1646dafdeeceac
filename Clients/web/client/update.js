// The body of an update frame in `plain`: the one place that knows how rows travel.

import { MASK64, MalformedError, Reader, unzigzag } from "./bytes.js"
import { INTEGER_RANGES, isWide, readRow, readValue } from "./fields.js"

/** The sections of a frame, in their order; each lists entities in ascending order. */
const SECTIONS = ["changed", "removed", "entered", "left"]
const [MORE, RESET, SIZED, INTENT] = [1, 2, 4, 8]
/** What two bits of a row's mask say of a field. */
const [UNCHANGED, VALUE, DIFFERENCE] = [0, 1, 2]

/** The components of a mask, the lowest bit first; null for one that the schema does not hold, which only a row with a length may have. */
function componentsOf(mask, shown, sized) {
    const components = []
    for (let bit = 0; mask !== 0n; bit += 1, mask >>= 1n) {
        if ((mask & 1n) === 0n) continue
        if (bit >= shown.length && !sized) throw new MalformedError(`a row of component bit ${bit}, which the schema does not hold`)
        components.push(shown[bit] ?? null)
    }
    return components
}

const isInteger = (kind) => kind?.type === "scalar" && kind.scalar in INTEGER_RANGES

/** The changed fields of a row: field name → { value } or { difference }. */
function readChanges(reader, { fields }) {
    const mask = reader.take(Math.ceil(fields.length / 4))
    const changes = new Map()
    for (let index = 0; index < mask.length * 4; index += 1) {
        const code = (mask[index >> 2] >> (2 * (index & 3))) & 3
        if (code === UNCHANGED) continue
        const field = fields[index]
        if (code === VALUE && field) changes.set(field.name, { value: readValue(reader, field.kind) })
        else if (code === DIFFERENCE && isInteger(field?.kind)) changes.set(field.name, { difference: unzigzag(reader.varint()) })
        else throw new MalformedError(`field change ${code} of field ${index}`)
    }
    if (changes.size === 0 && fields.length > 0) throw new MalformedError("a field mask that names no field")
    return changes
}

/** A row as { component, changes } or { component, bytes, value }; null for one that is skipped. */
function readOneRow(reader, component, section, sized) {
    const length = sized ? Number(reader.varint()) : null
    if (!component) return void reader.take(length)
    const start = reader.offset
    const row = section === "changed" ? { component, changes: readChanges(reader, component) } : { component, value: readRow(reader, component.fields) }
    // Copied, because the view keeps it longer than the frame.
    if (row.value) row.bytes = reader.bytes.slice(start, reader.offset)
    if (sized && reader.offset - start !== length) throw new MalformedError("a row of another length than said")
    return row
}

function readEntity(reader, difference, last, base) {
    const entity = last === null ? (base + unzigzag(difference)) & MASK64 : last + difference
    if (entity === 0n || entity > MASK64) throw new MalformedError("an entity without an id")
    return entity
}

function readEntry(reader, entity, section, shown, sized) {
    const entry = { entity, section, removed: [], rows: [] }
    if (section === "left") return entry
    const mask = reader.varint()
    if (mask === 0n) throw new MalformedError("an entry without a component")
    const components = componentsOf(mask, shown, sized)
    if (section === "removed") entry.removed = components.filter((each) => each)
    else entry.rows = components.map((each) => readOneRow(reader, each, section, sized)).filter((each) => each)
    return entry
}

/**
 * An update's part as { tick, more, reset, intent, entries }; each entry is { entity, section, removed, rows }. `idBase` is the one told in `joined`;
 * `intent` is the number of the last intent consumed, or null where that is as before.
 */
export function decodeUpdate(body, schema, idBase) {
    const reader = new Reader(body)
    const flags = reader.u8()
    if (flags > 15) throw new MalformedError(`an update with flags ${flags}`)
    const [tick, intent] = [reader.varint(), flags & INTENT ? Number(reader.varint()) : null]
    const entries = []
    let [section, last] = [0, null]
    while (reader.remaining > 0) {
        const difference = reader.varint()
        if (difference === 0n) {
            [section, last] = [section + 1, null]
            if (section === SECTIONS.length || reader.remaining === 0) throw new MalformedError("a section ends where the frame must end")
            continue
        }
        last = readEntity(reader, difference, last, idBase)
        entries.push(readEntry(reader, last, SECTIONS[section], schema.shownComponents, (flags & SIZED) !== 0))
    }
    return { tick, more: (flags & MORE) !== 0, reset: (flags & RESET) !== 0, intent, entries }
}

/** The value of a row after its changes. `old` is undefined where the view holds no such row: then every field must be a value. */
export function changedValue(component, changes, old) {
    const value = Object.create(null)
    for (const { name, kind } of component.fields) {
        const change = changes.get(name)
        if (change?.value !== undefined) value[name] = change.value
        else if (old === undefined) throw new MalformedError(`a change of a row of ${component.name} that is not in view`)
        else value[name] = change ? sum(kind.scalar, old[name], change.difference) : old[name]
    }
    return value
}

function sum(scalar, old, difference) {
    const value = BigInt(old) + difference
    const [low, high] = INTEGER_RANGES[scalar]
    if (value < low || value > high) throw new MalformedError("a difference that overflows its field")
    return isWide(scalar) ? value : Number(value)
}
