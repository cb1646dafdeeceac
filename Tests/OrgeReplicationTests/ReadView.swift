import OrgeSchema
import OrgeWire

/// A client's view, read from the bytes of updates in the most literal way.
struct ReadView {
    let schema: WorldSchema
    var rows: [Entity: [UInt16: [UInt8]]] = [:]
    var tick: UInt64 = 0
    var isComplete = true
    /// Changes of the last update that changed nothing.
    var idleChanges = 0
    var frameCount = 0
    /// Bytes of changed rows, in all.
    var changeBytes = 0

    init(_ schema: WorldSchema) { self.schema = schema.clientView }

    mutating func read(_ bytes: [UInt8]) throws {
        idleChanges = 0
        frameCount = 0
        var stream = FrameStream.server
        stream.append(bytes)
        while var body = try stream.nextReader() {
            guard case .update(let frame) = try ServerFrame(decoding: &body) else { throw Unexpected() }
            try apply(frame)
        }
    }

    private mutating func apply(_ frame: UpdateFrame) throws {
        guard frame.tick >= tick, isComplete || frame.tick == tick else { throw Unexpected() }
        if frame.isReset { rows = [:] }
        (tick, isComplete) = (frame.tick, !frame.hasMore)
        frameCount += 1
        var cursor = UpdateCursor(frame, base: idBase(ofWorld: 5))
        while let entry = try cursor.nextEntry() {
            switch entry.section {
            case .entered: rows[entry.entity] = [:]
            case .left: guard rows.removeValue(forKey: entry.entity) != nil else { throw Unexpected() }
            case .changed, .removed: guard rows[entry.entity] != nil else { throw Unexpected() }
            }
            for bit in 0..<64 where entry.components >> UInt64(bit) & 1 == 1 { try apply(entry, updateComponents(schema)[bit], frame, &cursor) }
        }
    }

    private mutating func apply(_ entry: UpdateCursor.Entry, _ component: WorldSchema.Component, _ frame: UpdateFrame, _ cursor: inout UpdateCursor) throws {
        let old = rows[entry.entity]?[component.id]
        guard entry.section != .removed else {
            if old == nil { idleChanges += 1 }
            rows[entry.entity]?[component.id] = nil
            return
        }
        _ = try cursor.beginRow()
        if entry.section == .entered {
            rows[entry.entity]?[component.id] = Array(frame.entries[try cursor.row(component.row)])
        } else {
            var row = ByteWriter()
            let start = cursor.reader.offset
            try cursor.change(RowCodec(component.row), old: old.map { ($0, 0) }, to: &row)
            changeBytes += cursor.reader.offset - start
            if old == row.bytes { idleChanges += 1 }
            rows[entry.entity]?[component.id] = row.bytes
        }
        try cursor.endRow()
    }
}

struct Unexpected: Error {}
