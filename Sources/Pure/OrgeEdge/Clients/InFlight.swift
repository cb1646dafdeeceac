/// What was handed out for one client and has not arrived, as parts of the stream of all its bytes.
///
/// Receipts may name any range, in any order and more than once: on a reliable stream each range begins where the one before it ended, datagrams
/// with acknowledgements of their own settle parts of it as they come.
struct InFlight {
    enum Kind {
        /// Counts as unread: outcomes, reliable events, credits, pongs, notices.
        case notice
        /// An event that may be dropped.
        case droppable
        /// A schema, a list of worlds or an audit's answer. Each is bounded by itself and was asked for, so its bytes count for no limit; their number does.
        case bulk
        /// Bulk that the client's view waits for: there is no other update until it has arrived.
        case update
    }

    private struct Part {
        var range: Range<UInt64>
        var kind: Kind
    }

    /// In order; what was settled is gone, so there may be gaps.
    private var parts = ContiguousArray<Part>()
    /// Bytes handed out since the connection was made.
    private(set) var end: UInt64 = 0
    private(set) var noticeBytes = 0
    private(set) var droppableBytes = 0
    /// Parts of `bulk` and `update`.
    private(set) var bulkCount = 0
    private(set) var updateCount = 0

    /// - Parameter joins: whether it counts as one with bulk directly before it, if there is some: the parts of an answer, and lists of worlds,
    ///   which are unsolicited. What a client may ask for repeatedly must not, or it would never reach the bound.
    mutating func add(_ kind: Kind, byteCount: Int, joins: Bool = false) {
        guard byteCount > 0 else { return }
        let range = end..<end + UInt64(byteCount)
        end = range.upperBound
        if let last = parts.last, last.range.upperBound == range.lowerBound, last.kind.joins(kind, joins) {
            parts[parts.count - 1].range = last.range.lowerBound..<range.upperBound
            count(kind, bytes: byteCount, parts: 0)
        } else {
            parts.append(Part(range: range, kind: kind))
            count(kind, bytes: byteCount, parts: 1)
        }
    }

    /// These bytes have arrived, or will never: they count no more.
    /// - Precondition: they were handed out.
    mutating func settle(_ range: Range<UInt64>) {
        precondition(range.upperBound <= end, "more settled than was handed out")
        guard let first = parts.first, !range.isEmpty, first.range.lowerBound < range.upperBound else { return }
        if range.lowerBound <= first.range.lowerBound { settlePrefix(through: range.upperBound) } else { settleInside(range) }
    }

    private mutating func settlePrefix(through end: UInt64) {
        var gone = 0
        while gone < parts.count, parts[gone].range.upperBound <= end {
            count(parts[gone].kind, bytes: -parts[gone].range.count, parts: -1)
            gone += 1
        }
        if gone < parts.count, parts[gone].range.lowerBound < end {
            count(parts[gone].kind, bytes: -Int(end - parts[gone].range.lowerBound), parts: 0)
            parts[gone].range = end..<parts[gone].range.upperBound
        }
        if gone == parts.count { parts = [] } else { parts.removeFirst(gone) }
    }

    private mutating func settleInside(_ range: Range<UInt64>) {
        var left = ContiguousArray<Part>()
        left.reserveCapacity(parts.count + 1)
        for part in parts {
            let settled = part.range.clamped(to: range)
            guard !settled.isEmpty else {
                left.append(part)
                continue
            }
            let ends = [part.range.lowerBound..<settled.lowerBound, settled.upperBound..<part.range.upperBound].filter { !$0.isEmpty }
            count(part.kind, bytes: -settled.count, parts: ends.count - 1)
            for end in ends { left.append(Part(range: end, kind: part.kind)) }
        }
        parts = left
    }

    private mutating func count(_ kind: Kind, bytes: Int, parts: Int) {
        switch kind {
        case .notice: noticeBytes += bytes
        case .droppable: droppableBytes += bytes
        case .bulk: bulkCount += parts
        case .update:
            bulkCount += parts
            updateCount += parts
        }
    }

    func checkInvariants() {
        var copy = InFlight()
        var last: UInt64 = 0
        for part in parts {
            precondition(part.range.lowerBound >= last && !part.range.isEmpty && part.range.upperBound <= end, "parts in order")
            last = part.range.upperBound
            copy.count(part.kind, bytes: part.range.count, parts: 1)
        }
        precondition(copy.noticeBytes == noticeBytes && copy.droppableBytes == droppableBytes, "bytes are counted")
        precondition(copy.bulkCount == bulkCount && copy.updateCount == updateCount, "parts are counted")
    }
}

extension InFlight.Kind {
    fileprivate func joins(_ next: InFlight.Kind, _ isWanted: Bool) -> Bool {
        switch (self, next) {
        case (.notice, .notice), (.droppable, .droppable): true
        case (.bulk, .bulk): isWanted
        case (.notice, _), (.droppable, _), (.bulk, _), (.update, _): false
        }
    }
}
