internal import OrgeSchema

/// The segments of an examination, and what can be made of them.
extension JournalExamination {
    /// Segments that continue one another, each whole but perhaps the last.
    struct Chain: Sendable {
        var runs: [SegmentRun] = []
        /// The last tick before its first record, and the last one in it.
        var after: UInt64 { runs.first?.header.previousTick ?? 0 }
        var through: UInt64 { runs.last?.position.tick ?? 0 }
    }

    mutating func readSegments(_ storage: any JournalStorage) throws(JournalError) -> [Chain] {
        guard let genesis else { return [] }
        let mark = try JournalMarks(storage).newest()
        let numbers = try Journal.numbers(storage)
        segmentCount = numbers.count
        var headers: [(number: UInt64, header: SegmentHeader?)] = []
        for number in numbers {
            let header = try header(number, storage, genesis)
            headers.append((number, header))
            if let header {
                lastTick = max(lastTick, header.previousTick)
                incarnation = max(incarnation, header.incarnation)
            }
        }
        var chains = [Chain()]
        var before: (bytes: [UInt8], header: SegmentHeader)?
        for (index, (number, header)) in headers.enumerated() {
            if index > 0, headers[index - 1].number + 1 != number {
                let missing = "segments \(headers[index - 1].number + 1) to \(number - 1) are missing"
                findings.append(JournalError(.corrupt, missing, path: JournalNames.segment(number)))
                chains.append(Chain())
            }
            guard let header else {
                chains.append(Chain())
                continue
            }
            let next = index + 1 < headers.count && headers[index + 1].number == number + 1 ? headers[index + 1].header : nil
            let bytes = try storage.read(JournalNames.segment(number))
            // Where the next header is damaged, the records end where no whole one follows.
            let isUsable = add(bytes, header, limit: next?.previousEnd, genesis, to: &chains)
            if !isUsable, let before { try extend(&chains, before, genesis) }
            before = (bytes, header)
        }
        chains.removeAll(where: \.runs.isEmpty)
        let lastTick = findings.isEmpty ? chains.last?.through : nil
        if let missing = JournalMarks.contradiction(mark, newestSegment: numbers.last ?? 0, lastTick: lastTick) {
            findings.append(missing)
            if mark != nil { remarks.append("how many ticks the missing records hold is not known") }
        }
        return chains
    }

    /// The segment after this one cannot be used, so that this one is the last of its chain. What it gave up to the next may still be whole in it.
    private func extend(_ chains: inout [Chain], _ before: (bytes: [UInt8], header: SegmentHeader), _ genesis: Genesis) throws(JournalError) {
        guard let place = chains.lastIndex(where: { !$0.runs.isEmpty }), let last = chains[place].runs.last, last.header == before.header else { return }
        let whole = SegmentRun(before.bytes, before.header, genesis, limit: nil)
        if whole.end > last.end { chains[place].runs[chains[place].runs.count - 1] = whole }
    }

    private mutating func header(_ number: UInt64, _ storage: any JournalStorage, _ genesis: Genesis) throws(JournalError) -> SegmentHeader? {
        let bytes = try storage.read(JournalNames.segment(number), from: 0, count: SegmentHeader.byteCount)
        do throws(JournalError) {
            return try SegmentHeader(bytes, named: number, of: genesis)
        } catch {
            findings.append(error)
            return nil
        }
    }

    /// - Returns: false when nothing of the segment can be used.
    private mutating func add(_ bytes: [UInt8], _ header: SegmentHeader, limit: Int?, _ genesis: Genesis, to chains: inout [Chain]) -> Bool {
        let run = SegmentRun(bytes, header, genesis, limit: limit)
        findings += run.findings
        lastTick = max(lastTick, run.position.tick)
        incarnation = max(incarnation, run.position.incarnation)
        addCode(header.codeID)
        addCode(run.position.codeID)
        if run.tornBytes > 0 {
            remarks.append("\(run.tornBytes) bytes of a record after tick \(run.position.tick) were not durable; a start drops them")
        }
        if let before = chains.last?.runs.last, before.position != header.position {
            let stated = "this segment continues tick \(header.previousTick) of incarnation \(header.incarnation)"
            let found = "the one before ends with tick \(before.position.tick) of incarnation \(before.position.incarnation)"
            findings.append(JournalError(.corrupt, "\(stated), and \(found)", path: JournalNames.segment(header.number)))
            chains.append(Chain())
        }
        if run.isUsable { chains[chains.count - 1].runs.append(run) }
        if !run.isWhole { chains.append(Chain()) }
        return run.isUsable
    }

    /// What saves most: the latest tick, then the longest history.
    func plan(_ chains: [Chain]) -> Rescue? {
        var best: Rescue?
        func offer(_ rescue: Rescue) {
            guard let other = best else { return best = rescue }
            if (rescue.through, other.recordsAfter) > (other.through, rescue.recordsAfter) { best = rescue }
        }
        for chain in chains {
            let covered = images.filter { $0.tick >= chain.after && $0.tick <= chain.through }
            guard chain.after == 0 || !covered.isEmpty else { continue }
            let pieces = chain.runs.map { Piece(number: $0.header.number, end: $0.end, size: $0.header.size) }
            offer(
                Rescue(
                    imageTick: covered.last?.tick ?? 0, through: chain.through, recordsAfter: chain.after, images: covered.map(\.tick), segments: pieces))
        }
        if let image = images.last, image.tick > best?.through ?? 0 {
            offer(Rescue(imageTick: image.tick, through: image.tick, recordsAfter: image.tick, images: [image.tick], segments: []))
        }
        return best
    }
}
