/// Ticks that one code recorded, one after the other, in one incarnation or several.
package struct CodeStretch: Equatable, Sendable {
    package var codeID: String
    package var firstTick: UInt64
    package var lastTick: UInt64

    package init(codeID: String, firstTick: UInt64, lastTick: UInt64) {
        self.codeID = codeID
        self.firstTick = firstTick
        self.lastTick = lastTick
    }
}

/// What `orge` asks of a world's journal before it decides which code starts.
package struct JournalSurvey: Equatable, Sendable {
    package var identity: GenesisIdentity
    /// The tick of the newest whole image; 0: none.
    package var imageTick: UInt64
    package var lastTick: UInt64
    /// Of the image; empty without one.
    package var imageCodeID: String
    /// Of the host that wrote last.
    package var schemaHash: UInt64
    /// Its code; it may have recorded no tick.
    package var codeID: String
    /// What the records after the image were made by, oldest first; neighbours differ.
    package var tail: [CodeStretch]

    /// The stretches that other code has to run before this code can start: all through the last one that is not its own.
    package func unsettled(for codeID: String) -> [CodeStretch] {
        guard let last = tail.lastIndex(where: { $0.codeID != codeID }) else { return [] }
        return Array(tail[...last])
    }
}

extension RecoveredLog {
    /// The spans after the image, with neighbours of one code joined.
    package var stretches: [CodeStretch] {
        spans.reduce(into: []) { stretches, span in
            if let last = stretches.last, last.codeID == span.codeID {
                stretches[stretches.count - 1].lastTick = span.lastTick
            } else {
                stretches.append(CodeStretch(codeID: span.codeID, firstTick: span.firstTick, lastTick: span.lastTick))
            }
        }
    }
}

extension Journal {
    /// Reads what a start would read, takes no lock and writes nothing.
    /// - Returns: nil where no world was ever started.
    package static func survey(_ storage: any JournalStorage) throws(JournalError) -> JournalSurvey? {
        guard let genesis = try readGenesis(storage) else { return nil }
        let recovered = try recover(storage, genesis, JournalSettings(), readsAll: false)
        return JournalSurvey(
            identity: genesis.identity, imageTick: recovered.image?.tick ?? 0, lastTick: recovered.lastTick,
            imageCodeID: recovered.image?.codeID ?? "", schemaHash: recovered.log.position.schemaHash, codeID: recovered.log.position.codeID,
            tail: recovered.log.stretches)
    }

    /// The codes that wrote the kept records and images, in the order in which they are first named: what replaying all of it needs.
    ///
    /// Reads the head of each segment: a host's first record is in the head of a segment of its own.
    package static func codeIDs(_ storage: any JournalStorage) throws(JournalError) -> [String] {
        guard let genesis = try readGenesis(storage) else { return [] }
        var codes: [String] = []
        for number in try numbers(storage) { try addCodes(of: number, storage, genesis, to: &codes) }
        for tick in try storage.imageTicks() { add(try ImageShelf(storage, genesis: genesis).codeID(of: tick), to: &codes) }
        return codes
    }

    /// Whether all records that a start may have to run were made by this code: those after the older one of the images that are there. Looks at
    /// the heads of segments only, and believes the images' names; ``survey(_:)`` is the answer where this says no.
    package static func isTail(_ storage: any JournalStorage, of codeID: String) throws(JournalError) -> Bool {
        guard let genesis = try readGenesis(storage) else { return true }
        let images = try storage.imageTicks().suffix(JournalLimits.imagesKept)
        let needed = images.count == JournalLimits.imagesKept ? images.first ?? 0 : 0
        var codes: [String] = []
        for number in try numbers(storage).reversed() {
            let header = try addCodes(of: number, storage, genesis, to: &codes)
            if header.previousTick <= needed { break }
        }
        return codes.allSatisfy { $0 == codeID }
    }

    @discardableResult
    private static func addCodes(
        of number: UInt64, _ storage: any JournalStorage, _ genesis: Genesis, to codes: inout [String]
    ) throws(JournalError) -> SegmentHeader {
        let path = JournalNames.segment(number)
        let header = try SegmentHeader(try storage.read(path, from: 0, count: SegmentHeader.byteCount), named: number, of: genesis)
        let head = try storage.read(path, from: 0, count: header.foundationEnd)
        var walk = SegmentWalk(head, number: number, key: genesis.key(segment: number))
        var code = header.codeID
        var isFirst = true
        while walk.position < header.foundationEnd, case .record(let record, let place) = try walk.next() {
            if record.kind == .opened, let opening = Opening(decoding: walk.body(of: record, at: place)) {
                // The code before made nothing in a segment that begins with a new host.
                if !isFirst { add(code, to: &codes) }
                code = opening.codeID
            }
            isFirst = false
        }
        add(code, to: &codes)
        return header
    }

    private static func add(_ code: String, to codes: inout [String]) { if !code.isEmpty, !codes.contains(code) { codes.append(code) } }
}
