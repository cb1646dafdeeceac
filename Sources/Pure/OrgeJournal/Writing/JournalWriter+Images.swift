package import OrgeImage

extension JournalWriter {
    /// A file for an image of the world, for any thread: it shares nothing with this writer but the disk.
    /// - Throws: also `failed`, when the writer has failed.
    package func imageFile(tick: UInt64) throws(JournalError) -> ImageFile {
        try checkUsable()
        return try ImageFile(tick: tick, in: storage)
    }

    /// Keeps an image that was published, then deletes images and segments that nothing needs any more.
    ///
    /// A failure here does no harm to the log: what was to be deleted stays until the next image.
    /// - Parameter tick: of a record that is durable, or 0.
    /// - Precondition: the tick is durable, and not before the newest image's; the image has this journal's ``imageHeader(tick:)``.
    package mutating func adoptImage(tick: UInt64) throws(JournalError) {
        try checkUsable()
        precondition(tick <= durableThrough, "an image of tick \(tick), and the log is durable through \(durableThrough)")
        precondition(tick >= shelf.kept.last ?? 0, "an image older than the newest")
        try shelf.add(tick)
        if !settings.keepsHistory { try deleteSegments() }
    }

    /// The header that images of this journal have.
    package func imageHeader(tick: UInt64) -> ImageHeader {
        ImageHeader(lineage: genesis.lineage, tick: tick, incarnation: incarnation, codeID: codeID)
    }

    /// Deletes whole segments, oldest first, that lie before the older kept image. Each deletion is durable before the next, so that a crash
    /// leaves no gap.
    private mutating func deleteSegments() throws(JournalError) {
        guard let neededFrom = shelf.neededFrom else { return }
        while let oldest = closed.first, oldest.lastTick <= neededFrom {
            try storage.delete(JournalNames.segment(oldest.number))
            try storage.sync(folder: .journal)
            closed.removeFirst()
        }
    }
}
