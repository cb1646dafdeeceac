import OrgeSchema
import OrgeWire

/// A control: takes one changed entity out of an update on its way to a client.
struct LostRow {
    let schemas: [WorldSchema]

    /// - Parameter bytes: frames after their sizes.
    func cut(_ bytes: [UInt8]) -> [UInt8] {
        var out = ByteWriter()
        var start = 0
        var isDone = false
        while start < bytes.count {
            let size = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            let frame = bytes[start + 4..<start + 4 + size]
            start = frame.endIndex
            if !isDone, let less = schemas.lazy.compactMap({ cut(Array(frame), $0) }).first {
                isDone = true
                out.blob(less)
            } else {
                out.blob(Array(frame))
            }
        }
        return out.take()
    }

    /// - Returns: nil when the frame is no update of this world with a change in it.
    private func cut(_ frame: [UInt8], _ schema: WorldSchema) -> [UInt8]? {
        guard frame[0] == ServerFrameType.update.rawValue else { return nil }
        var reader = ByteReader(frame)
        do throws(DecodeError) {
            guard case .update(var update) = try ServerFrame(decoding: &reader), let range = try firstChange(in: update, schema) else { return nil }
            // What follows in the section is a difference to the entry that is gone: only a section of one entry can be left out.
            update.entries.removeSubrange(range)
            return Array(ServerFrame.update(update).encoded.dropFirst(4))
        } catch {
            return nil
        }
    }

    /// Where the changed entity lies of a frame that has one, and something else that keeps its meaning without it.
    private func firstChange(in update: UpdateFrame, _ schema: WorldSchema) throws(DecodeError) -> Range<Int>? {
        let components = updateComponents(schema)
        var cursor = UpdateCursor(update, base: Entity(raw: 1))
        guard let entry = try cursor.nextEntry(), entry.section == .changed else { return nil }
        for bit in 0..<64 where entry.components >> UInt64(bit) & 1 == 1 {
            guard bit < components.count else { return nil }
            try skipChange(components[bit].row, &cursor)
        }
        let end = cursor.reader.offset
        return end == update.entries.count || update.entries[end] == 0 ? 0..<end : nil
    }

    /// The row from which it differs is not known here, and need not be.
    private func skipChange(_ layout: RowLayout, _ cursor: inout UpdateCursor) throws(DecodeError) {
        var row = ByteWriter()
        try cursor.change(RowCodec(layout), old: ([UInt8](repeating: 0, count: layout.maxBytes), 0), to: &row)
    }
}
