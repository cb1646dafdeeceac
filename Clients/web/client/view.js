// What one client sees of a world.

import { MASK64, MalformedError } from "./bytes.js"
import { writeRow } from "./fields.js"
import { entityText } from "./text.js"
import { changedValue } from "./update.js"

const FNV_PRIME = 0x100000001b3n

/** The value hash of a row: FNV-1a over the component's id and the row's bytes. */
export function hashRow(component, bytes) {
    let hash = 0xcbf29ce484222325n
    const add = (byte) => { hash = ((hash ^ BigInt(byte)) * FNV_PRIME) & MASK64 }
    add(component >> 8)
    add(component & 0xff)
    bytes.forEach(add)
    return hash
}

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

    /** Applies the frames of one update. Returns the entities that have changed, those gone included. */
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

    applyEntry({ entity: id, section, removed, rows }, touched) {
        touched.add(id)
        if (section !== "entered" && !this.entities.has(id)) throw new MalformedError(`${entityText(id)} is ${section}, and was not in view`)
        if (section === "left") return void this.entities.delete(id)
        if (section === "entered") this.entities.set(id, { id, rows: new Map(), values: Object.create(null) })
        const entity = this.entities.get(id)
        for (const component of removed) {
            entity.rows.delete(component.id)
            delete entity.values[component.name]
        }
        for (const row of rows) {
            const { component } = row
            const value = row.value ?? changedValue(component, row.changes, entity.values[component.name])
            entity.rows.set(component.id, { bytes: row.bytes ?? writeRow(component.fields, value), value })
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
