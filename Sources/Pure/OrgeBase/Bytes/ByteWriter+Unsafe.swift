/// Appends values to a growing array of bytes, big-endian.
///
/// One writer serves wire, link, journal and image, so that a row has the same bytes everywhere.
public struct ByteWriter: Sendable {
    @usableFromInline var storage: [UInt8]

    /// - Parameter capacity: bytes to reserve; the writer grows beyond it.
    public init(capacity: Int = 0) {
        storage = []
        storage.reserveCapacity(capacity)
    }

    @inlinable public var bytes: [UInt8] { storage }

    @inlinable public var count: Int { storage.count }

    @inlinable public mutating func u8(_ value: UInt8) { append(value) }
    @inlinable public mutating func u16(_ value: UInt16) { append(value.bigEndian) }
    @inlinable public mutating func u32(_ value: UInt32) { append(value.bigEndian) }
    @inlinable public mutating func u64(_ value: UInt64) { append(value.bigEndian) }
    @inlinable public mutating func i64(_ value: Int64) { append(value.bigEndian) }
    @inlinable public mutating func f64(_ value: Double) { append(canonicalBits(value).bigEndian) }
    @inlinable public mutating func flag(_ value: Bool) { append(value ? 1 as UInt8 : 0) }

    @inlinable public mutating func bytes(_ more: some Collection<UInt8>) { storage.append(contentsOf: more) }

    /// UTF-8 behind a u16 length.
    /// - Precondition: at most 65,535 bytes.
    public mutating func shortText(_ text: String) {
        let utf8 = text.utf8
        u16(UInt16(utf8.count))
        storage.append(contentsOf: utf8)
    }

    /// Bytes behind a u32 length.
    @inlinable
    public mutating func blob(_ more: some Collection<UInt8>) {
        u32(UInt32(more.count))
        storage.append(contentsOf: more)
    }

    /// Appends `count` of the bytes at `base`, as they are.
    package mutating func raw(_ base: UnsafeRawPointer, count: Int) {
        unsafe storage.append(contentsOf: UnsafeRawBufferPointer(start: base, count: count))
    }

    /// Writes over four bytes written before: for a length that is known only afterwards.
    /// - Precondition: `offset + 4 <= count`.
    public mutating func patchU32(at offset: Int, _ value: UInt32) {
        precondition(offset >= 0 && offset + 4 <= storage.count, "patch outside what was written")
        for index in 0..<4 { storage[offset + index] = UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32(index))) }
    }

    /// Writes over two bytes written before.
    /// - Precondition: `offset + 2 <= count`.
    public mutating func patchU16(at offset: Int, _ value: UInt16) {
        precondition(offset >= 0 && offset + 2 <= storage.count, "patch outside what was written")
        storage[offset] = UInt8(truncatingIfNeeded: value >> 8)
        storage[offset + 1] = UInt8(truncatingIfNeeded: value)
    }

    /// Forgets everything from `count` on: an undone transaction takes its bytes with it.
    public mutating func truncate(to count: Int) {
        storage.removeLast(storage.count - count)
    }

    /// Empties the writer and keeps its memory.
    public mutating func removeAll() { storage.removeAll(keepingCapacity: true) }

    /// Hands the bytes out and starts anew without memory.
    public mutating func take() -> [UInt8] {
        defer { storage = [] }
        return storage
    }

    /// Appends what `write` puts at the address it is given, of which it says the count: at most `limit` bytes.
    package mutating func append(atMost limit: Int, _ write: (UnsafeMutableRawPointer) -> Int) {
        unsafe withUnsafeTemporaryAllocation(byteCount: max(1, limit), alignment: 16) { room in
            guard let base = room.baseAddress else { return }
            let count = unsafe write(base)
            precondition(count <= limit, "more written than there was room for")
            unsafe raw(base, count: count)
        }
    }

    @inlinable
    mutating func append<Value: BitwiseCopyable>(_ value: Value) {
        unsafe withUnsafeBytes(of: value) { unsafe storage.append(contentsOf: $0) }
    }
}

/// The bits of a double with every NaN as the one positive quiet NaN: payloads differ between processors.
@inlinable public func canonicalBits(_ value: Double) -> UInt64 { value.isNaN ? 0x7ff8_0000_0000_0000 : value.bitPattern }

/// As for a double.
@inlinable public func canonicalBits(_ value: Float) -> UInt32 { value.isNaN ? 0x7fc0_0000 : value.bitPattern }
