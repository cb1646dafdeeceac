/// Reads the segments of a journal that have a successor, oldest first, and checks every record: what a start does not read decays unseen otherwise.
///
/// Works beside a host that writes: a segment that has a successor does not change any more. One step is one segment, which is held in memory.
package struct HistoryCheck: Sendable {
    package enum Step: Equatable, Sendable {
        /// One more segment is whole.
        case checked
        /// This one is not. The check goes on with the next, whose header states what it continues.
        case damaged(JournalError)
        /// All segments that have a successor are checked.
        case caughtUp
    }

    private let genesis: Genesis
    /// Whether segments may be deleted meanwhile.
    private let forgets: Bool
    /// The last tick of the segments that were checked, whole or not; 0 for none.
    package private(set) var checkedThrough: UInt64 = 0
    /// Of the next segment to be checked; nil: the oldest.
    private var next: UInt64?
    /// In force after the segment before; nil where that one is not whole.
    private var position: LogPosition?

    /// - Returns: nil where no world was ever started.
    package init?(_ storage: any JournalStorage, forgets: Bool) throws(JournalError) {
        guard let genesis = try Journal.readGenesis(storage) else { return nil }
        self.genesis = genesis
        self.forgets = forgets
    }

    package mutating func step(_ storage: any JournalStorage) throws(JournalError) -> Step {
        let numbers = try Journal.numbers(storage)
        guard let oldest = numbers.first, let newest = numbers.last else { return .caughtUp }
        if next == nil || forgets && next! < oldest { (next, position) = (oldest, nil) }
        guard let number = next, number < newest else { return .caughtUp }
        next = number + 1
        do throws(JournalError) {
            try check(number, storage)
            return .checked
        } catch {
            position = nil
            if error.code == .missing, forgets { return .checked }
            guard Self.isDamage(error) else {
                next = number
                throw error
            }
            return .damaged(error)
        }
    }

    private static func isDamage(_ error: JournalError) -> Bool {
        switch error.code {
        case .corrupt, .missing, .otherWorld, .newerFormat: true
        case .locked, .exists, .full, .system, .failed, .fenced, .changed, .otherCode, .otherSchema: error.cause == 5  // EIO: the disk cannot read it any more
        }
    }

    private mutating func check(_ number: UInt64, _ storage: any JournalStorage) throws(JournalError) {
        let successor = try header(number + 1, storage)
        checkedThrough = max(checkedThrough, successor.previousTick)
        let header = try header(number, storage)
        var position = header.position
        if let expected = self.position, expected != position {
            throw JournalError(.corrupt, "this segment does not continue the one before", path: JournalNames.segment(number))
        }
        let bytes = try storage.read(JournalNames.segment(number), from: 0, count: successor.previousEnd)
        var walk = SegmentWalk(bytes, number: number, key: genesis.key(segment: number))
        while walk.position < successor.previousEnd {
            guard case .record(let record, let place) = try walk.next() else {
                throw JournalError(.corrupt, "a record after tick \(position.tick) is damaged", path: JournalNames.segment(number), offset: walk.position)
            }
            if let contradiction = position.advance(record, body: walk.body(of: record, at: place)) {
                throw JournalError(.corrupt, contradiction, path: JournalNames.segment(number), offset: place)
            }
        }
        self.position = position
    }

    private func header(_ number: UInt64, _ storage: any JournalStorage) throws(JournalError) -> SegmentHeader {
        let bytes = try storage.read(JournalNames.segment(number), from: 0, count: SegmentHeader.byteCount)
        return try SegmentHeader(bytes, named: number, of: genesis)
    }
}
