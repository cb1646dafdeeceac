/// Yields records one at a time and holds one segment in memory, so that a long tail costs no more than a short one.
package struct JournalTail: Sendable {
    private let storage: any JournalStorage
    private let genesis: Genesis
    private var pieces: ArraySlice<RecoveredLog.Piece>
    private let imageTick: UInt64?
    private var walk: SegmentWalk?

    init(_ storage: any JournalStorage, _ genesis: Genesis, _ pieces: [RecoveredLog.Piece], after imageTick: UInt64?) {
        self.storage = storage
        self.genesis = genesis
        self.imageTick = imageTick
        self.pieces = imageTick.map { pieces[RecoveredLog.firstNeeded(of: pieces, after: $0, \.previousTick)...] } ?? pieces[...]
    }

    /// The next record, or nil after the last.
    /// - Throws: `corrupt` when a segment reads otherwise than recovery found it.
    package mutating func next() throws(JournalError) -> JournalRecord? {
        while let piece = pieces.first {
            if walk == nil { walk = try open(piece) }
            while let record = try walk?.nextRecord(before: piece.end) {
                if isWanted(record) { return record }
            }
            walk = nil
            pieces = pieces.dropFirst()
        }
        return nil
    }

    /// The records of one piece from a place on.
    static func records(
        _ storage: any JournalStorage, _ genesis: Genesis, _ piece: RecoveredLog.Piece, from start: Int
    ) throws(JournalError) -> [JournalRecord] {
        let bytes = try storage.read(JournalNames.segment(piece.number), from: 0, count: piece.end)
        var walk = SegmentWalk(bytes, number: piece.number, key: genesis.key(segment: piece.number), from: start)
        var records: [JournalRecord] = []
        while let record = try walk.nextRecord(before: piece.end) { records.append(record) }
        return records
    }

    private func open(_ piece: RecoveredLog.Piece) throws(JournalError) -> SegmentWalk {
        let bytes = try storage.read(JournalNames.segment(piece.number), from: 0, count: piece.end)
        return SegmentWalk(bytes, number: piece.number, key: genesis.key(segment: piece.number))
    }

    /// An amendment of a tick that the image already covers has nothing left to amend.
    private func isWanted(_ record: JournalRecord) -> Bool {
        guard let imageTick else { return true }
        return record.kind == .opened ? record.tick >= imageTick : record.tick > imageTick
    }
}

extension SegmentWalk {
    /// The next record that begins before `end`; nil after the last.
    fileprivate mutating func nextRecord(before end: Int) throws(JournalError) -> JournalRecord? {
        guard position < end else { return nil }
        switch try next() {
        case .record(let header, let place): return header.record(in: bytes, at: place)
        case .invalid(_, let place):
            throw JournalError(.corrupt, "this record was whole a moment ago; look at the disk", path: JournalNames.segment(number), offset: place)
        }
    }
}
