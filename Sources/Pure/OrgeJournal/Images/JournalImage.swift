package import OrgeImage

/// An image that lies in a file of the journal, whole when it was opened.
package struct JournalImage: Sendable {
    package let tick: UInt64
    /// Of the host that made it.
    package let incarnation: UInt64
    /// The code that made it.
    package let codeID: String
    private let storage: any JournalStorage

    init(_ header: ImageHeader, in storage: any JournalStorage) {
        tick = header.tick
        incarnation = header.incarnation
        codeID = header.codeID
        self.storage = storage
    }

    /// The file's bytes from its start.
    package var source: any ChunkSource { JournalImageSource(JournalNames.image(tick), in: storage) }
}

/// Reads an image's file in large pieces, so that its many small chunks do not cost a system call each.
struct JournalImageSource: ChunkSource {
    private static let aheadBytes = 1 << 20

    private let path: StoragePath
    private let storage: any JournalStorage
    private var buffer: [UInt8] = []
    /// Bytes of the buffer that were handed out.
    private var used = 0
    /// Where in the file the buffer ends.
    private var offset = 0

    init(_ path: StoragePath, in storage: any JournalStorage) {
        self.path = path
        self.storage = storage
    }

    mutating func read(upTo count: Int) throws(ImageError) -> [UInt8] {
        if buffer.count - used < count { try fill(count) }
        let end = min(buffer.count, used + count)
        defer { used = end }
        return Array(buffer[used..<end])
    }

    private mutating func fill(_ count: Int) throws(ImageError) {
        do throws(JournalError) {
            let more = try storage.read(path, from: offset, count: max(count, Self.aheadBytes))
            buffer = buffer[used...] + more
            used = 0
            offset += more.count
        } catch {
            throw ImageError(.unreadable, error.message, cause: error.cause)
        }
    }
}
