// The body of an update frame: the one place that knows how rows travel.

import { MalformedError, Reader, readMany } from "./bytes.js"
import { readRow } from "./fields.js"

function readEntry(reader, schema) {
    const entry = { entity: reader.u64(), action: reader.u8(), removed: [], rows: [] }
    if (entry.action > 2) throw new MalformedError(`an entry with action ${entry.action}`)
    if (entry.action === 2) return entry
    const component = () => {
        const id = reader.u16()
        const found = schema.componentByID.get(id)
        if (!found) throw new MalformedError(`a row of component ${id}, which the schema does not hold`)
        return found
    }
    const rowCount = reader.u8()
    entry.removed = readMany(reader.u8(), component)
    entry.rows = readMany(rowCount, () => {
        const of = component()
        const start = reader.offset
        const value = readRow(reader, of.fields)
        // Copied, because the view keeps it longer than the frame.
        return { component: of, bytes: reader.bytes.slice(start, reader.offset), value }
    })
    return entry
}

/** An update's part as { tick, more, reset, entries }; each entry is { entity, action, removed, rows }, with action 0 change, 1 enter, 2 leave. */
export function decodeUpdate(body, schema) {
    const reader = new Reader(body)
    const tick = reader.u64()
    const flags = reader.u8()
    if (flags > 3) throw new MalformedError(`an update with flags ${flags}`)
    const entries = []
    while (reader.remaining > 0) entries.push(readEntry(reader, schema))
    return { tick, more: (flags & 1) !== 0, reset: (flags & 2) !== 0, entries }
}
