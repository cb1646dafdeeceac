import OrgeSchema
import OrgeWire

/// A control: takes one changed entity out of an update on its way to a client.
struct LostRow {
    let schemas: [WorldSchema]

    /// - Parameter bytes: frames behind their sizes.
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
        guard frame[0] == ServerFrameType.update.rawValue, frame.count > UpdateFrame.headBytes else { return nil }
        var reader = ByteReader(frame)
        do throws(DecodeError) {
            guard case .update(let update) = try ServerFrame(decoding: &reader), let range = try change(in: update, schema) else { return nil }
            var less = frame
            less.removeSubrange(UpdateFrame.headBytes + range.lowerBound..<UpdateFrame.headBytes + range.upperBound)
            return less
        } catch {
            return nil
        }
    }

    /// Where the first entry lies that changes rows and does nothing else.
    private func change(in update: UpdateFrame, _ schema: WorldSchema) throws(DecodeError) -> Range<Int>? {
        var cursor = UpdateCursor(update)
        var found: Range<Int>?
        var start = 0
        while let entry = try cursor.nextEntry() {
            for _ in 0..<entry.removedCount { _ = try cursor.component() }
            for _ in 0..<entry.rowCount {
                let component = try cursor.component()
                guard let layout = schema.component(component)?.row else { throw DecodeError(.unknown(what: "component", value: UInt64(component)), at: 0) }
                _ = try cursor.row(layout)
            }
            if found == nil, entry.action == .change, entry.removedCount == 0 { found = start..<cursor.reader.offset }
            start = cursor.reader.offset
        }
        return found
    }
}
