import OrgeSchema

extension Release {
    /// The release as frames of at most `limit` bytes, to be sent one after the other.
    ///
    /// - Parameter limit: smaller than the default only in tests; one piece more than that still makes a frame.
    package func encodedFrames(world: UInt16, limit: Int = LinkLimits.frameBytes) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var cursor = Cursor()
        repeat { frames.append(part(&cursor, world, limit: limit)) } while !cursor.isDone
        return frames
    }

    /// How far the sections have been written.
    private struct Cursor {
        var next = [0, 0, 0, 0, 0, 0, 0, 0]
        var isDone = false
    }

    /// Fills one frame: the sections in order, each from where the last part ended. Sections after one that did not fit are empty.
    private func part(_ cursor: inout Cursor, _ world: UInt16, limit: Int) -> [UInt8] {
        var writer = beginFrame(FrameType.release, world: world, capacity: min(limit, 256 + bytes.count + 16 * set.count + 24 * outcomes.count))
        writer.u64(tick)
        writer.u64(chain)
        writer.u64(utcMilliseconds)
        writer.u16(dilationPermille)
        let flagsAt = writer.count
        writer.u8(0)
        var budget = Budget(limit: limit, start: writer.count)
        budget.section(&writer, &cursor.next[0], joins) { writer, join in
            writer.u64(join.attachment)
            join.answer.encode(to: &writer)
        }
        budget.section(&writer, &cursor.next[1], ended) { writer, end in
            writer.u64(end.attachment)
            writer.u8(end.reason.rawValue)
        }
        budget.section(&writer, &cursor.next[2], removed) { writer, entity in writer.entity(entity) }
        budget.section(&writer, &cursor.next[3], unset) { writer, key in
            writer.entity(key.entity)
            writer.u16(key.component)
        }
        budget.section(&writer, &cursor.next[4], set) { writer, row in
            writer.entity(row.entity)
            writer.u16(row.component)
            writer.blob(bytes[row.bytes.range])
        }
        budget.section(&writer, &cursor.next[5], outcomes) { writer, outcome in
            writer.u64(outcome.session)
            writer.u64(outcome.sequence)
            writer.blob(bytes[outcome.bytes.range])
        }
        budget.section(&writer, &cursor.next[6], events) { writer, event in
            writer.u16(event.kind)
            event.audience.encode(to: &writer)
            writer.flag(event.isReliable)
            writer.blob(bytes[event.payload.range])
        }
        budget.section(&writer, &cursor.next[7], consumed) { writer, intent in intent.encode(to: &writer) }
        writer.u8(0)
        cursor.isDone = !budget.isFull
        if budget.isFull { writer.patchU8(at: flagsAt, Self.moreFlag) }
        return endFrame(&writer)
    }
}

/// Keeps a frame below its limit while sections are written into it.
private struct Budget {
    let limit: Int
    /// Where the first section begins: a frame holds at least one element, however large.
    let start: Int
    var isFull = false
    /// The counts of the sections, and that of the extensions.
    private static let countsBytes = 8 * 4 + 1

    init(limit: Int, start: Int) {
        self.limit = limit
        self.start = start
    }

    mutating func section<Elements: RandomAccessCollection>(
        _ writer: inout ByteWriter, _ next: inout Int, _ elements: Elements, _ write: (inout ByteWriter, Elements.Element) -> Void
    ) where Elements.Index == Int {
        let countAt = writer.count
        writer.u32(0)
        guard !isFull else { return }
        let first = next
        while next < elements.endIndex {
            let before = writer.count
            write(&writer, elements[next])
            if writer.count - 4 + Self.countsBytes > limit, before > start + Self.countsBytes {
                writer.truncate(to: before)
                isFull = true
                break
            }
            next += 1
        }
        writer.patchU32(at: countAt, UInt32(next - first))
    }
}

extension JoinAnswer {
    fileprivate func encode(to writer: inout ByteWriter) {
        switch self {
        case .joined(let session, let avatar, let nextSequence):
            writer.u8(0)
            writer.u64(session)
            writer.entity(avatar)
            writer.u64(nextSequence)
        case .refused(let reason, let code, let text):
            precondition(text.utf8.count <= LinkLimits.textBytes, "a text over its limit")
            writer.u8(reason.rawValue)
            writer.u8(code)
            writer.shortText(text)
        }
    }
}
