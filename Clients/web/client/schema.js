// The schema document: what a world's clients may see and say.

import { MalformedError, Reader, readMany } from "./bytes.js"
import { SCALARS } from "./fields.js"

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
    if (flags & 32) field.examples = readMany(reader.u8(), () => reader.text(1024))
    return field
}

const readFields = (reader) => readMany(reader.u16(), () => readField(reader))

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
    schema.components = readMany(reader.u16(), () => ({
        id: reader.u16(), name: reader.text(NAME_LIMIT), visibility: reader.u8(), fields: readFields(reader),
    }))
    /** By the bit that stands for a component in updates. */
    schema.shownComponents = schema.components.filter((each) => each.visibility < 2)
    schema.componentByID = new Map(schema.components.map((each) => [each.id, each]))
    const component = (id) => {
        const found = schema.componentByID.get(id)
        if (!found) throw new MalformedError(`the schema names component ${id} but does not hold it`)
        return found
    }
    schema.commands = readMany(reader.u16(), () => ({
        id: reader.u16(), name: reader.text(NAME_LIMIT), weight: reader.u16(), cost: reader.u16(), fields: readFields(reader), result: readFields(reader),
    }))
    schema.intents = readMany(reader.u16(), () => {
        const [id, of] = [reader.u16(), component(reader.u16())]
        return { id, component: of.id, name: of.name, fields: of.fields }
    })
    schema.events = readMany(reader.u16(), () => ({
        id: reader.u16(), name: reader.text(NAME_LIMIT), reliable: reader.u8() === 1, fields: readFields(reader),
    }))
    reader.end()
    checkNames(schema)
    if (schema.position) namePosition(schema.position, component(schema.position.component))
    return schema
}

/** Names are not empty and unique among their kind: programs find things by them. */
function checkNames({ components, commands, events }) {
    const rows = [...components, ...events, ...commands].map((each) => each.fields).concat(commands.map((each) => each.result))
    for (const named of [components, commands, events, ...rows]) {
        const names = named.map((each) => each.name)
        if (names.includes("") || new Set(names).size < names.length) throw new MalformedError("the schema has names that are empty or not unique")
    }
}

function namePosition(position, component) {
    const [x, y] = [component.fields[position.x], component.fields[position.y]]
    if (!x || !y) throw new MalformedError("the position names fields that are not there")
    Object.assign(position, { name: component.name, xName: x.name, yName: y.name, unit: x.unit })
}
