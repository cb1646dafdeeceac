/// Appends values to a growing array of bytes, big-endian.
///
/// One writer serves wire, link, journal and image, so that a row has the same bytes everywhere. What a row or an outcome calls is inlinable:
/// out of line, across modules, it cost a tenth of a whole transaction.
public struct ByteWriter: Sendable {
    @usableFromInline var storage: [UInt8]

    /// - Parameter capacity: bytes to reserve; the writer grows beyond it.
    @inlinable
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

    /// A u16 length, then UTF-8.
    /// - Precondition: at most 65,535 bytes.
    public mutating func shortText(_ text: String) {
        let utf8 = text.utf8
        u16(UInt16(utf8.count))
        storage.append(contentsOf: utf8)
    }

    /// A u32 length, then the bytes.
    @inlinable
    public mutating func blob(_ more: some Collection<UInt8>) {
        u32(UInt32(more.count))
        storage.append(contentsOf: more)
    }

    /// Appends `count` bytes from `base` unchanged.
    @inlinable
    package mutating func raw(_ base: UnsafeRawPointer, count: Int) {
        unsafe storage.append(contentsOf: UnsafeRawBufferPointer(start: base, count: count))
    }

    /// Overwrites four bytes written earlier: for a length that is known only at the end.
    /// - Precondition: `offset + 4 <= count`.
    public mutating func patchU32(at offset: Int, _ value: UInt32) {
        precondition(offset >= 0 && offset + 4 <= storage.count, "patch outside what was written")
        for index in 0..<4 { storage[offset + index] = UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32(index))) }
    }

    /// Overwrites one byte written earlier.
    /// - Precondition: `offset < count`.
    @inlinable public mutating func patchU8(at offset: Int, _ value: UInt8) { storage[offset] = value }

    /// Overwrites two bytes written earlier.
    /// - Precondition: `offset + 2 <= count`.
    public mutating func patchU16(at offset: Int, _ value: UInt16) {
        precondition(offset >= 0 && offset + 2 <= storage.count, "patch outside what was written")
        storage[offset] = UInt8(truncatingIfNeeded: value >> 8)
        storage[offset + 1] = UInt8(truncatingIfNeeded: value)
    }

    /// Removes all bytes from `count` on, as undoing a transaction needs.
    @inlinable
    public mutating func truncate(to count: Int) {
        storage.removeLast(storage.count - count)
    }

    /// Removes all bytes and keeps the capacity.
    @inlinable
    public mutating func removeAll() { storage.removeAll(keepingCapacity: true) }

    /// Returns the bytes and leaves the writer empty, without capacity, as `Optional.take()` leaves nil.
    @inlinable
    public mutating func take() -> [UInt8] {
        defer { storage = [] }
        return storage
    }

    /// Appends the bytes that `write` stores at the address it is given; it returns their count, at most `limit`.
    @inlinable
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

/// The bits of a double, with every NaN mapped to the positive quiet NaN: NaN payloads differ between processors.
@inlinable public func canonicalBits(_ value: Double) -> UInt64 { value.isNaN ? 0x7ff8_0000_0000_0000 : value.bitPattern }

/// The same for a float.
@inlinable public func canonicalBits(_ value: Float) -> UInt32 { value.isNaN ? 0x7fc0_0000 : value.bitPattern }
