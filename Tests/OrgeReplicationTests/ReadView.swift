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

    init(_ schema: WorldSchema) { self.schema = schema.clientView }

    mutating func read(_ bytes: [UInt8]) throws {
        idleChanges = 0
        frameCount = 0
        var reader = ByteReader(bytes)
        while !reader.isAtEnd {
            let size = Int(try reader.u32())
            var body = ByteReader(bytes, from: reader.offset, to: reader.offset + size)
            try reader.skip(size)
            guard case .update(let frame) = try ServerFrame(decoding: &body) else { throw Unexpected() }
            try apply(frame)
        }
    }

    private mutating func apply(_ frame: UpdateFrame) throws {
        guard frame.tick >= tick, isComplete || frame.tick == tick else { throw Unexpected() }
        if frame.isReset { rows = [:] }
        (tick, isComplete) = (frame.tick, !frame.hasMore)
        frameCount += 1
        var cursor = UpdateCursor(frame)
        while let entry = try cursor.nextEntry() {
            switch entry.action {
            case .leave:
                guard rows.removeValue(forKey: entry.entity) != nil else { throw Unexpected() }
                continue
            case .enter:
                guard entry.rowCount > 0 else { throw Unexpected() }
                rows[entry.entity] = [:]
            case .change: guard rows[entry.entity] != nil else { throw Unexpected() }
            }
            for _ in 0..<entry.removedCount {
                if rows[entry.entity]?.removeValue(forKey: try cursor.component()) == nil { idleChanges += 1 }
            }
            for _ in 0..<entry.rowCount {
                let component = try cursor.component()
                guard let layout = schema.component(component)?.row else { throw Unexpected() }
                let row = Array(frame.entries[try cursor.row(layout)])
                if rows[entry.entity]?[component] == row { idleChanges += 1 }
                rows[entry.entity]?[component] = row
            }
        }
    }
}

struct Unexpected: Error {}
