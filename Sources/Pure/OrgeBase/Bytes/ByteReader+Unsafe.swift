extension ByteReader {
    /// The number at the reader's place as it lies there.
    /// - Precondition: it lies inside the reader's bytes: whoever calls has looked.
    @inlinable @inline(__always)
    package func loadUnchecked<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) -> Number {
        unsafe bytes.withUnsafeBytes { bytes in unsafe bytes.loadUnaligned(fromByteOffset: offset, as: Number.self) }
    }

    /// What has not been read yet.
    @inlinable @inline(__always)
    package func withRemaining<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        unsafe bytes.withUnsafeBytes { bytes in unsafe body(UnsafeRawBufferPointer(rebasing: bytes[offset..<end])) }
    }
}
