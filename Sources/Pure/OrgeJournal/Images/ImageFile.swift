internal import OrgeImage
internal import OrgeSchema

/// An image's file while it is written. It has a temporary name until ``publish()``: a crash or a failure before leaves nothing that counts.
package struct ImageFile: ~Copyable, ImageSink {
    private let storage: any JournalStorage
    private let path: StoragePath
    private let file: StorageFile
    private var offset = 0
    /// Not written yet.
    private var pending: [UInt8] = []
    private var isPublished = false

    /// Small chunks are written together: most are far smaller than a write is worth.
    private static let writeBytes = 256 << 10

    private var temporary: StoragePath { StoragePath(path.folder, path.name + JournalLimits.temporarySuffix) }

    /// Creates the file. Its room on the disk is not taken beforehand: the size of an image is not known, and a full disk harms the image alone.
    package init(tick: UInt64, in storage: any JournalStorage) throws(JournalError) {
        self.storage = storage
        path = JournalNames.image(tick)
        file = try storage.create(StoragePath(path.folder, path.name + JournalLimits.temporarySuffix), size: 0)
    }

    package mutating func append(_ bytes: [UInt8]) throws(JournalError) {
        pending += bytes
        if pending.count >= Self.writeBytes { try flush() }
    }

    private mutating func flush() throws(JournalError) {
        try storage.write(file, at: offset, pending)
        offset += pending.count
        pending.removeAll(keepingCapacity: true)
    }

    /// Makes the image durable and gives it its name, durably.
    package consuming func publish() throws(JournalError) {
        try flush()
        let (storage, file, path, temporary) = (storage, file, path, temporary)
        var hasName = false
        defer { isPublished = hasName }
        try nameDurably(
            syncFile: { () throws(JournalError) in try storage.sync(file) },
            rename: { () throws(JournalError) in
                try storage.rename(temporary, to: path.name)
                hasName = true
            },
            syncFolder: { () throws(JournalError) in try storage.sync(folder: path.folder) })
    }

    deinit {
        storage.close(file)
        guard !isPublished else { return }
        // What cannot be deleted now has a temporary name and goes at the next start.
        do throws(JournalError) { try storage.remove(temporary) } catch {}
    }
}
