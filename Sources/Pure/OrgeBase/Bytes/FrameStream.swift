/// Cuts a stream of bytes into frames. A frame is a big-endian u32 size followed by that many bytes.
///
/// It holds at most one unfinished frame beyond what was appended last. After ``Next/badSize(_:)`` the stream has no meaning: the position of the next
/// frame is unknown.
package struct FrameStream: Sendable {
    package enum Next: Equatable, Sendable {
        /// More bytes are needed.
        case incomplete
        /// The frame without its size is `bytes[range]`, until the next call of `append`.
        case frame(Range<Int>)
        /// A size of zero or over the limit.
        case badSize(UInt32)
    }

    /// Bytes of the size that precedes each frame.
    package static let sizeBytes = 4

    package private(set) var bytes: [UInt8] = []
    private var start = 0
    private let limit: Int
    private let keptCapacity: Int

    /// - Parameters:
    ///   - limit: bytes of a frame, its size not counted.
    ///   - keptCapacity: an empty buffer of more bytes than this gives its memory back. Small by default, so that an idle connection costs little.
    package init(limit: Int, keptCapacity: Int = 1024) {
        self.limit = limit
        self.keptCapacity = keptCapacity
    }

    /// Bytes held that no returned frame contains.
    package var pendingCount: Int { bytes.count - start }
    /// Those bytes.
    package var pending: ArraySlice<UInt8> { bytes[start...] }

    package mutating func append(_ more: [UInt8]) {
        if pendingCount == 0 {
            // The array itself becomes the buffer, without a copy.
            bytes = more
            start = 0
        } else {
            compact()
            bytes.append(contentsOf: more)
        }
    }

    package mutating func append(_ more: some Collection<UInt8>) {
        compact()
        bytes.append(contentsOf: more)
    }

    /// Advances past the next frame and returns where it lies.
    package mutating func next() -> Next {
        guard pendingCount >= Self.sizeBytes else {
            if pendingCount == 0, bytes.capacity > keptCapacity { (bytes, start) = ([], 0) }
            return .incomplete
        }
        let size = bytes[start..<start + Self.sizeBytes].reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
        guard size > 0, size <= limit else { return .badSize(size) }
        guard pendingCount - Self.sizeBytes >= Int(size) else { return .incomplete }
        let frame = start + Self.sizeBytes..<start + Self.sizeBytes + Int(size)
        start = frame.upperBound
        return .frame(frame)
    }

    /// As ``next()``, for streams where a bad size is an error like any other.
    /// - Returns: a reader of the frame; nil when more bytes are needed.
    package mutating func nextReader() throws(DecodeError) -> ByteReader? {
        switch next() {
        case .incomplete: return nil
        case .frame(let range): return reader(range)
        case .badSize(0): throw DecodeError(.inconsistent("a frame without a type"), at: 0)
        case .badSize(let size): throw DecodeError(.overLimit(length: Int(size), limit: limit), at: 0)
        }
    }

    /// As ``nextReader()``, with the frame as an array of its own.
    package mutating func nextFrame() throws(DecodeError) -> [UInt8]? {
        guard let reader = try nextReader() else { return nil }
        return Array(bytes[reader.offset..<reader.end])
    }

    /// A reader of a frame that ``next()`` returned.
    package func reader(_ frame: Range<Int>) -> ByteReader { ByteReader(bytes, from: frame.lowerBound, to: frame.upperBound) }

    /// Moves the unfinished rest to the front: less than one frame, and once for each `append`.
    private mutating func compact() {
        guard start > 0 else { return }
        bytes.removeSubrange(..<start)
        start = 0
    }
}

extension ByteWriter {
    /// Begins a frame: writes a size, which ``endFrame(_:limit:)`` fills in, and the type.
    /// - Returns: the frame's start, for `endFrame`.
    package mutating func beginFrame(_ type: UInt8) -> Int {
        let start = count
        u32(0)
        u8(type)
        return start
    }

    /// Fills the frame's size in.
    /// - Precondition: type and body are at most `limit` bytes.
    package mutating func endFrame(_ start: Int, limit: Int) {
        let size = count - start - FrameStream.sizeBytes
        precondition(size <= limit, "a frame of \(size) bytes, over \(limit)")
        patchU32(at: start, UInt32(size))
    }
}
