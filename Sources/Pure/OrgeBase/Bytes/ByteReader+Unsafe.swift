extension ByteReader {
    /// The number at the reader's offset, in the byte order of the buffer.
    /// - Precondition: it lies inside the reader's bytes; the caller has checked.
    @inlinable @inline(__always)
    package func loadUnchecked<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) -> Number {
        unsafe bytes.withUnsafeBytes { bytes in unsafe bytes.loadUnaligned(fromByteOffset: offset, as: Number.self) }
    }

    /// Calls with the bytes that are not read yet.
    @inlinable @inline(__always)
    package func withRemaining<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        unsafe bytes.withUnsafeBytes { bytes in unsafe body(UnsafeRawBufferPointer(rebasing: bytes[offset..<end])) }
    }
}
