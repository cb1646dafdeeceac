// What one client sees of a world.

import { MASK64, MalformedError } from "./bytes.js"
import { entityText } from "./text.js"

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

    /** Applies the frames of one update, all of them or none. Returns the entities that have changed, those gone included. */
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

    applyEntry({ entity: id, action, removed, rows }, touched) {
        touched.add(id)
        if (action !== 1 && !this.entities.has(id)) throw new MalformedError(`a change of ${entityText(id)}, which is not in view`)
        if (action === 2) return void this.entities.delete(id)
        if (action === 1) this.entities.set(id, { id, rows: new Map(), values: Object.create(null) })
        const entity = this.entities.get(id)
        for (const component of removed) {
            entity.rows.delete(component.id)
            delete entity.values[component.name]
        }
        for (const { component, bytes, value } of rows) {
            entity.rows.set(component.id, { bytes, value })
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
