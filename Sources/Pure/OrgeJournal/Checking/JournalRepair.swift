internal import OrgeSchema

/// Writes what an examination can save into another folder.
extension JournalExamination {
    private static let copiedBytes = 1 << 20

    /// - Parameters:
    ///   - storage: the one that was examined.
    ///   - target: an empty world's folder.
    /// - Throws: also `corrupt`, when what was written does not read as it should.
    /// - Precondition: something can be saved.
    package func repair(_ storage: any JournalStorage, into target: any JournalStorage) throws(JournalError) {
        guard let rescue, let genesis else { preconditionFailure("nothing can be saved") }
        try target.establish(genesis)
        for tick in rescue.images { try copy(JournalNames.image(tick), storage, target) }
        for piece in rescue.segments {
            let bytes = try storage.read(JournalNames.segment(piece.number), from: 0, count: piece.end)
            target.close(try target.establish(JournalNames.segment(piece.number), with: [bytes], size: max(piece.size, piece.end)))
        }
        if rescue.segments.isEmpty, let image = images.last(where: { $0.tick == rescue.imageTick }) { try writeLog(after: image, genesis, target) }
        try JournalMarks(target).begin(rescue.segments.last?.number ?? 1)
        let written = try Journal.inspect(target)
        guard written.lastTick == rescue.through, written.damagedImages.isEmpty else {
            throw JournalError(.corrupt, "the copy reaches tick \(written.lastTick) and not \(rescue.through): the disk does not keep what it is given")
        }
    }

    /// A log without records, which begins where the image ends.
    private func writeLog(after image: Image, _ genesis: Genesis, _ target: any JournalStorage) throws(JournalError) {
        let header = SegmentHeader(
            number: 1, lineage: genesis.lineage, incarnation: incarnation, codeID: image.codeID, schemaHash: image.schemaHash, previousTick: image.tick,
            previousEnd: 0, foundationEnd: SegmentHeader.byteCount, size: 8 * SegmentHeader.byteCount)
        target.close(try target.establish(JournalNames.segment(1), with: [header.encoded(genesis)], size: header.size))
    }

    private func copy(_ path: StoragePath, _ storage: any JournalStorage, _ target: any JournalStorage) throws(JournalError) {
        let temporary = StoragePath(path.folder, path.name + JournalLimits.temporarySuffix)
        let file = try target.create(temporary, size: 0)
        defer { target.close(file) }
        var offset = 0
        while true {
            let piece = try storage.read(path, from: offset, count: Self.copiedBytes)
            try target.write(file, at: offset, piece)
            offset += piece.count
            if piece.count < Self.copiedBytes { break }
        }
        try nameDurably(
            syncFile: { () throws(JournalError) in try target.sync(file) },
            rename: { () throws(JournalError) in try target.rename(temporary, to: path.name) },
            syncFolder: { () throws(JournalError) in try target.sync(folder: path.folder) })
    }
}
