package import OrgeSchema

/// Cuts a stream of bytes into frames at their sizes. Pure: bytes in, frames out; it never holds more than one unfinished frame beyond what it is given.
package struct FrameBuffer: Sendable {
    package enum Next: Equatable, Sendable {
        /// More bytes are needed.
        case incomplete
        /// Type and body are `bytes[range]`, until the next call that changes the buffer.
        case frame(Range<Int>)
        /// A size of zero or over the limit. The stream cannot be read any further.
        case badSize(UInt32)
        /// The stream begins with "GET ": a browser.
        case http
    }

    /// Memory of a buffer that ran empty is given back beyond this many bytes, so that an idle connection costs little.
    private static let keptCapacity = 1024
    /// "GET " read as a size, far over every limit.
    private static let get: UInt32 = 0x4745_5420

    package private(set) var bytes: [UInt8] = []
    private var start = 0
    private let limit: Int
    private let mayBeHTTP: Bool
    private var isFirst = true

    /// - Parameters:
    ///   - limit: bytes of type and body.
    ///   - mayBeHTTP: tell a browser apart by the first four bytes.
    package init(limit: Int, mayBeHTTP: Bool = false) {
        precondition(limit < Int(Self.get), "a limit under which GET is no size")
        self.limit = limit
        self.mayBeHTTP = mayBeHTTP
    }

    /// Bytes taken in and not yet handed out.
    package var pendingCount: Int { bytes.count - start }
    /// What has not been handed out; for the HTTP side when it takes over.
    package var pending: ArraySlice<UInt8> { bytes[start...] }

    package mutating func append(_ more: some Collection<UInt8>) {
        compact()
        bytes.append(contentsOf: more)
    }

    /// The next frame, and steps over it.
    package mutating func next() -> Next {
        guard pendingCount >= 4 else { return .incomplete }
        let size = bytes[start..<start + 4].reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
        if isFirst, mayBeHTTP, size == Self.get { return .http }
        guard size > 0, size <= limit else { return .badSize(size) }
        guard pendingCount >= 4 + Int(size) else { return .incomplete }
        isFirst = false
        let frame = start + 4..<start + 4 + Int(size)
        start = frame.upperBound
        return .frame(frame)
    }

    /// A reader of a frame that ``next()`` returned.
    package func reader(_ frame: Range<Int>) -> ByteReader { ByteReader(bytes, from: frame.lowerBound, to: frame.upperBound) }

    private mutating func compact() {
        guard start > 0 else { return }
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptCapacity)
        } else {
            bytes.removeSubrange(..<start)
        }
        start = 0
    }
}
