/// Reads a big-endian number in the middle of bytes of our own: a slice and a loop cost ten times as much.
/// - Precondition: its bytes are there.
func loadBigEndian64(_ bytes: [UInt8], at offset: Int) -> UInt64 { UInt64(bigEndian: load(bytes, at: offset)) }

func loadBigEndian32(_ bytes: [UInt8], at offset: Int) -> UInt32 { UInt32(bigEndian: load(bytes, at: offset)) }

@inline(__always)
private func load<Number: FixedWidthInteger & BitwiseCopyable>(_ bytes: [UInt8], at offset: Int) -> Number {
    precondition(offset >= 0 && offset + MemoryLayout<Number>.size <= bytes.count, "a number outside of its bytes")
    return unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: Number.self) }
}
