import OrgeSchema
import OrgeWire

/// A control: takes one changed row out of an update on its way to a client.
enum LostRow {
    /// - Parameter bytes: frames behind their sizes.
    static func cut(_ bytes: [UInt8], _ random: inout RandomSource) -> [UInt8] {
        var out = ByteWriter()
        var start = 0
        var isDone = false
        while start < bytes.count {
            let size = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            let frame = Array(bytes[start..<start + 4 + size])
            start += frame.count
            out.bytes(isDone ? frame : cut(frame: frame, &isDone))
        }
        return out.take()
    }

    /// An update with one entry of one changed row, and nothing else in it, becomes an empty one.
    private static func cut(frame: [UInt8], _ isDone: inout Bool) -> [UInt8] {
        let head = 4 + UpdateFrame.headBytes
        guard frame[4] == ServerFrameType.update.rawValue, frame.count > head + UpdateFrame.entryHeadBytes, frame[13] == 0 else { return frame }
        let isChange = frame[head + 8] == UpdateAction.change.rawValue && frame[head + 9] == 1 && frame[head + 10] == 0
        // In a small world an update is one row; there the row's end is the frame's.
        guard isChange, frame.count == head + UpdateFrame.entryHeadBytes + 2 + 16 else { return frame }
        isDone = true
        var empty = Array(frame[..<head])
        empty.replaceSubrange(0..<4, with: [0, 0, 0, UInt8(UpdateFrame.headBytes)])
        return empty
    }
}
