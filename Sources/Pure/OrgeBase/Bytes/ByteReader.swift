/// Reads big-endian values from untrusted bytes. No read traps, and none allocates more memory than the bytes that are present.
public struct ByteReader: Sendable {
    // The small reads are inlinable: row decoders in other modules call them for each field.
    public let bytes: [UInt8]
    @usableFromInline var place: Int
    /// Where the next value starts.
    @inlinable public var offset: Int { place }
    /// One past the last byte that may be read.
    public let end: Int

    @inlinable public init(_ bytes: [UInt8]) {
        self.init(bytes, from: 0, to: bytes.count)
    }

    /// - Precondition: `0 <= start <= end <= bytes.count`.
    @inlinable public init(_ bytes: [UInt8], from start: Int, to end: Int) {
        precondition(0 <= start && start <= end && end <= bytes.count, "reader outside its bytes")
        self.bytes = bytes
        place = start
        self.end = end
    }

    @inlinable public var remaining: Int { end - offset }
    @inlinable public var isAtEnd: Bool { offset == end }

    @inlinable public mutating func u8() throws(DecodeError) -> UInt8 { try load(UInt8.self) }
    @inlinable public mutating func u16() throws(DecodeError) -> UInt16 { UInt16(bigEndian: try load(UInt16.self)) }
    @inlinable public mutating func u32() throws(DecodeError) -> UInt32 { UInt32(bigEndian: try load(UInt32.self)) }
    @inlinable public mutating func u64() throws(DecodeError) -> UInt64 { UInt64(bigEndian: try load(UInt64.self)) }
    @inlinable public mutating func i64() throws(DecodeError) -> Int64 { Int64(bitPattern: try u64()) }
    @inlinable public mutating func f64() throws(DecodeError) -> Double { Double(bitPattern: try u64()) }

    @inlinable
    public mutating func flag() throws(DecodeError) -> Bool {
        let byte = try u8()
        guard byte < 2 else { throw DecodeError(.invalidBool(byte), at: offset - 1) }
        return byte == 1
    }

    /// Checks that `count` bytes are left.
    @inlinable @inline(__always)
    func need(_ count: Int) throws(DecodeError) {
        guard count <= end - offset else { throw DecodeError(.truncated(need: count, have: end - offset), at: offset) }
    }

    @inlinable @inline(__always)
    mutating func load<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) throws(DecodeError) -> Number {
        try need(MemoryLayout<Number>.size)
        defer { place += MemoryLayout<Number>.size }
        return loadUnchecked(Number.self)
    }

    @inlinable
    public mutating func bytes(_ count: Int) throws(DecodeError) -> ArraySlice<UInt8> {
        guard count >= 0 else { throw DecodeError(.overLimit(length: count, limit: 0), at: offset) }
        try need(count)
        defer { place += count }
        return bytes[offset..<offset + count]
    }

    @inlinable
    public mutating func skip(_ count: Int) throws(DecodeError) {
        try need(count)
        place += count
    }

    /// A u16 length, then UTF-8.
    /// - Parameter limit: the most bytes of text that are accepted.
    public mutating func shortText(limit: Int) throws(DecodeError) -> String {
        let start = offset
        let count = Int(try u16())
        guard count <= limit else { throw DecodeError(.overLimit(length: count, limit: limit), at: start) }
        let slice = try bytes(count)
        guard let text = String(validating: slice, as: UTF8.self) else { throw DecodeError(.invalidUTF8, at: start) }
        return text
    }

    /// A u32 length, then the bytes.
    public mutating func blob(limit: Int) throws(DecodeError) -> [UInt8] {
        let start = offset
        let count = Int(try u32())
        guard count <= limit else { throw DecodeError(.overLimit(length: count, limit: limit), at: start) }
        return Array(try bytes(count))
    }

    /// A count of items of at least `size` bytes each. Rejected when the remaining bytes cannot hold that many, so that no stated count alone
    /// decides an allocation.
    public mutating func count16(ofAtLeast size: Int) throws(DecodeError) -> Int {
        let start = offset
        let count = Int(try u16())
        guard count * size <= remaining else { throw DecodeError(.truncated(need: count * size, have: remaining), at: start) }
        return count
    }

    /// As ``count16(ofAtLeast:)`` with a u32.
    public mutating func count32(ofAtLeast size: Int) throws(DecodeError) -> Int {
        let start = offset
        let count = Int(try u32())
        guard count * size <= remaining else { throw DecodeError(.truncated(need: count * size, have: remaining), at: start) }
        return count
    }

    @inlinable
    public func expectEnd() throws(DecodeError) {
        guard offset == end else { throw DecodeError(.trailing(end - offset), at: offset) }
    }
}
