/// Images and segments that durable images have made unneeded, until they are removed.
///
/// A value without a thread: the journal's writer says what goes (``JournalWriter/adoptImage(tick:)``), and any thread but the committing one
/// removes it, step by step. Segments go oldest first and each removal is durable before the next, so that a crash leaves no gap in the log.
package struct FileRemoval: Sendable {
    /// Images before this tick go; 0 when none do.
    private var imagesBefore: UInt64
    /// Images that were found and are still there; nil until the folder is read.
    private var images: [UInt64]?
    /// Numbers, oldest first. As many as the journal has segments.
    private var segments: [UInt64]

    init(imagesBefore: UInt64 = 0, segments: [UInt64] = []) {
        self.imagesBefore = imagesBefore
        self.segments = segments
    }

    /// What a later image has made unneeded goes after this.
    package mutating func add(_ later: FileRemoval) {
        if later.imagesBefore > imagesBefore {
            imagesBefore = later.imagesBefore
            images = nil
        }
        segments += later.segments
    }

    /// Removes one file, durably.
    /// - Returns: false when nothing is left to remove.
    /// - Throws: what the disk says. The file stays the next one to be removed.
    package mutating func step(in storage: any JournalStorage) throws(JournalError) -> Bool {
        if images == nil { images = try foundImages(storage) }
        if let tick = images?.first {
            try remove(JournalNames.image(tick), storage)
            images?.removeFirst()
            return true
        }
        guard let number = segments.first else { return false }
        try remove(JournalNames.segment(number), storage)
        segments.removeFirst()
        return true
    }

    /// Removes all of it, on the calling thread.
    package mutating func finish(in storage: any JournalStorage) throws(JournalError) {
        while try step(in: storage) {}
    }

    private func foundImages(_ storage: any JournalStorage) throws(JournalError) -> [UInt64] {
        imagesBefore == 0 ? [] : try storage.imageTicks().filter { $0 < imagesBefore }
    }

    /// A file may be gone already: its deletion succeeded before, and making that durable failed.
    private func remove(_ path: StoragePath, _ storage: any JournalStorage) throws(JournalError) {
        do throws(JournalError) {
            try storage.remove(path)
        } catch  where error.code == .missing {
            try storage.sync(folder: path.folder)
        }
    }
}
