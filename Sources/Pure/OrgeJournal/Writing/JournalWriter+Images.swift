package import OrgeImage

extension JournalWriter {
    /// A file for an image of the world, for any thread: it shares nothing with this writer but the disk.
    /// - Throws: also `failed`, when the writer has failed.
    package func imageFile(tick: UInt64) throws(JournalError) -> ImageFile {
        try checkUsable()
        return try ImageFile(tick: tick, in: storage)
    }

    /// Keeps an image that was published. Touches no file: a commit never waits for the removal of a large one.
    /// - Parameter tick: of a record that is durable, or 0.
    /// - Returns: the files that nothing needs any more, to be removed on another thread.
    /// - Precondition: the tick is recorded, and not before the newest image's; the image is durable and has this journal's ``imageHeader(tick:)``.
    package mutating func adoptImage(tick: UInt64) throws(JournalError) -> FileRemoval {
        try checkUsable()
        precondition(tick <= recordedThrough, "an image of tick \(tick), and the log is recorded through \(recordedThrough)")
        precondition(tick >= shelf.kept.last ?? 0, "an image older than the newest")
        shelf.add(tick)
        if let loss, tick >= loss.imageTick { self.loss = nil }
        guard let neededFrom = shelf.neededFrom else { return FileRemoval() }
        return FileRemoval(imagesBefore: neededFrom, segments: settings.keepsHistory ? [] : giveUpSegments(through: neededFrom))
    }

    /// The header that images of this journal have.
    package func imageHeader(tick: UInt64) -> ImageHeader {
        ImageHeader(lineage: genesis.lineage, tick: tick, incarnation: incarnation, codeID: codeID)
    }

    /// Forgets the segments whose ticks all lie at or before the tick.
    /// - Returns: their numbers, oldest first.
    private mutating func giveUpSegments(through tick: UInt64) -> [UInt64] {
        let unneeded = closed.prefix { $0.lastTick <= tick }.map(\.number)
        closed.removeFirst(unneeded.count)
        return unneeded
    }
}
