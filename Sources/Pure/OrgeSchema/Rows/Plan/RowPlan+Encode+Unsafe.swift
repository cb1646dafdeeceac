/// From memory to canonical bytes.
extension RowPlan {
    /// Writes the row of a value.
    @inlinable
    public func encode<Root: BitwiseCopyable>(_ value: Root, to writer: inout ByteWriter) {
        unsafe withUnsafeBytes(of: value) { bytes in unsafe encode(bytes, to: &writer) }
    }

    @usableFromInline func encode(_ memory: UnsafeRawBufferPointer, to writer: inout ByteWriter) {
        precondition(memory.count == size, "a plan is for one type")
        guard let base = memory.baseAddress else { return }
        unsafe encode(at: base, to: &writer)
    }

    package func encode(at base: UnsafeRawPointer, to writer: inout ByteWriter) {
        unsafe writer.append(atMost: layout.maxBytes) { target in unsafe encode(at: base, into: target) }
    }

    /// Writes the row at `target`, which has room for the layout's `maxBytes`.
    /// - Returns: the row's length in bytes.
    package func encode(at base: UnsafeRawPointer, into target: UnsafeMutableRawPointer) -> Int {
        var out = unsafe target
        for index in 0..<steps.count {
            let step = steps[index]
            let field = unsafe base + Int(step.offset)
            switch step.tag {
            case .text:
                let count = unsafe Self.count(field, step)
                unsafe out.storeBytes(of: UInt16(count).bigEndian, as: UInt16.self)
                unsafe (out + 2).copyMemory(from: field + 2, byteCount: count)
                unsafe out += 2 + count
            case .list:
                let count = unsafe Self.count(field, step)
                unsafe out.storeBytes(of: UInt16(count).bigEndian, as: UInt16.self)
                unsafe out = Self.write(step.element, count, field + Int(step.start), out + 2)
            case .choice:
                let ordinal = step.count == 1 ? 0 : unsafe Int(field.load(as: UInt8.self))
                precondition(ordinal < Int(step.count), "a choice that is none of its cases")
                let raw = choices[Int(step.start) + ordinal]
                unsafe Self.write(raw, bytes: step.storageBytes, out)
                unsafe out += Int(step.storageBytes)
            case .plain1, .plain2, .plain4, .plain8, .bools, .floats, .doubles:
                unsafe out = Self.write(step.tag, Int(step.count), field, out)
            }
        }
        return unsafe out - target
    }

    /// The count before a text or list in memory. It bounds a copy, so a corrupt one traps.
    @inline(__always)
    private static func count(_ field: UnsafeRawPointer, _ step: RowStep) -> Int {
        let count = unsafe Int(field.load(as: UInt16.self))
        precondition(count <= Int(step.count), "a text or list over its capacity")
        return count
    }

    /// - Returns: the address after the last byte written.
    @inline(__always)
    private static func write(
        _ tag: RowStep.Tag, _ count: Int, _ field: UnsafeRawPointer, _ out: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        switch tag {
        case .plain2: unsafe write(count, field, out) { (value: UInt16) in value }
        case .plain4: unsafe write(count, field, out) { (value: UInt32) in value }
        case .floats: unsafe write(count, field, out) { (value: Float) in canonicalBits(value) }
        case .plain8: unsafe write(count, field, out) { (value: UInt64) in value }
        case .doubles: unsafe write(count, field, out) { (value: Double) in canonicalBits(value) }
        case .plain1, .bools, .text, .list, .choice:
            unsafe out.copyMemory(from: field, byteCount: count)
        }
        return unsafe out + count * tag.bytes
    }

    /// Writes `count` values big-endian.
    @inline(__always)
    private static func write<Value: BitwiseCopyable, Bits: FixedWidthInteger & BitwiseCopyable>(
        _ count: Int, _ field: UnsafeRawPointer, _ out: UnsafeMutableRawPointer, _ bits: (Value) -> Bits
    ) {
        for index in 0..<count {
            let offset = index * MemoryLayout<Bits>.size
            let value = unsafe field.loadUnaligned(fromByteOffset: offset, as: Value.self)
            unsafe out.storeBytes(of: bits(value).bigEndian, toByteOffset: offset, as: Bits.self)
        }
    }

    /// Writes the low bytes of a raw value.
    @inline(__always)
    private static func write(_ raw: UInt64, bytes: UInt8, _ out: UnsafeMutableRawPointer) {
        switch bytes {
        case 1: unsafe out.storeBytes(of: UInt8(truncatingIfNeeded: raw), as: UInt8.self)
        case 2: unsafe out.storeBytes(of: UInt16(truncatingIfNeeded: raw).bigEndian, as: UInt16.self)
        case 4: unsafe out.storeBytes(of: UInt32(truncatingIfNeeded: raw).bigEndian, as: UInt32.self)
        default: unsafe out.storeBytes(of: raw.bigEndian, as: UInt64.self)
        }
    }
}
