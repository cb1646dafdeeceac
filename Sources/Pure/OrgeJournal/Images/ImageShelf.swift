internal import OrgeSchema

/// The images of one world: which one to start from, and which ones to keep.
struct ImageShelf: Sendable {
    let storage: any JournalStorage
    let genesis: Genesis
    /// Ticks of images that are known to be whole, oldest first; at most ``JournalLimits/imagesKept``.
    private(set) var kept: [UInt64] = []

    init(_ storage: any JournalStorage, genesis: Genesis) {
        self.storage = storage
        self.genesis = genesis
    }

    /// Ticks of all image files, oldest first.
    private func ticks() throws(JournalError) -> [UInt64] {
        try storage.list(.images).compactMap { JournalNames.number($0, suffix: JournalNames.imageSuffix) }
    }

    /// The newest whole image.
    /// - Parameter damaged: gets the newer ones that are not whole.
    mutating func newest(damaged: inout [JournalError]) throws(JournalError) -> JournalImage? {
        for tick in try ticks().reversed() {
            do throws(JournalError) {
                let image = try read(tick)
                kept = [tick]
                return image
            } catch  where error.code == .corrupt || error.code == .newerFormat {
                damaged.append(error)
            }
        }
        return nil
    }

    private func read(_ tick: UInt64) throws(JournalError) -> JournalImage {
        let path = JournalNames.image(tick)
        let head = try storage.read(path, from: 0, count: ImageHeader.byteCount)
        let header: ImageHeader
        do throws(DecodeError) {
            header = try ImageHeader(head)
        } catch {
            throw JournalFormat.error(error, in: path)
        }
        guard header.lineage == genesis.lineage else {
            throw JournalError(.otherWorld, "this image belongs to another world; take it out of the folder", path: path)
        }
        guard header.tick == tick else { throw JournalError(.corrupt, "the image in this file is of tick \(header.tick)", path: path) }
        let body = try storage.read(path, from: ImageHeader.byteCount, count: .max)
        guard body.count == header.bodyBytes, CRC32C.checksum(body) == header.bodyChecksum else {
            throw JournalError(.corrupt, "wrong checksum of the image's body", path: path, offset: ImageHeader.byteCount)
        }
        return JournalImage(tick: tick, incarnation: header.incarnation, codeID: header.codeID, body: body)
    }

    /// Adds an image, durably, and deletes those that are not needed any more.
    mutating func add(_ image: JournalImage) throws(JournalError) {
        try storage.replace(JournalNames.image(image.tick), with: [ImageHeader(image, of: genesis).encoded(), image.body])
        if kept.last != image.tick { kept.append(image.tick) }
        kept = kept.suffix(JournalLimits.imagesKept)
        try deleteOlder()
    }

    /// The tick from which on the log must stay; nil until two images are known to be whole: then nothing is deleted.
    var neededFrom: UInt64? { kept.count == JournalLimits.imagesKept ? kept.first : nil }

    private func deleteOlder() throws(JournalError) {
        guard let neededFrom else { return }
        let older = try ticks().filter { $0 < neededFrom }
        for tick in older { try storage.delete(JournalNames.image(tick)) }
        if !older.isEmpty { try storage.sync(folder: .images) }
    }
}
