internal import OrgeBase

/// Receives the bytes of an image in order: a file, a socket or memory. Only a shell's sink can fail.
package protocol ImageSink: ~Copyable {
    associatedtype Failure: Error

    /// Appends the header or one chunk, at most ``ImageLimits/chunkBytes`` and the chunk's own header.
    mutating func append(_ bytes: [UInt8]) throws(Failure)
}

/// Yields the bytes of an image in order.
package protocol ChunkSource {
    /// The next `count` bytes; fewer only at the end.
    /// - Throws: `unreadable`.
    mutating func read(upTo count: Int) throws(ImageError) -> [UInt8]
}

/// An image in memory, as the pieces in which it was written: for tests, and for images that wait for their writer.
package struct MemoryImage: ImageSink, Equatable, Sendable {
    package private(set) var pieces: [[UInt8]] = []
    package private(set) var byteCount = 0

    package init() {}

    package mutating func append(_ bytes: [UInt8]) {
        pieces.append(bytes)
        byteCount += bytes.count
    }

    /// All bytes in one array.
    package var bytes: [UInt8] { Array(pieces.joined()) }
}

/// Reads an image from an array.
package struct MemorySource: ChunkSource {
    private let bytes: [UInt8]
    private var offset = 0

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package mutating func read(upTo count: Int) -> [UInt8] {
        let end = min(bytes.count, offset + count)
        defer { offset = end }
        return Array(bytes[offset..<end])
    }
}
