/// From untrusted bytes to memory.
extension RowPlan {
    /// Reads a row, checking every byte, into a value; its padding is unchanged.
    ///
    /// After a throw the value may be partly written; the caller discards it.
    @inlinable
    public func decode<Root: BitwiseCopyable>(_ reader: inout ByteReader, into value: inout Root) throws(DecodeError) {
        var failure: DecodeError?
        unsafe withUnsafeMutableBytes(of: &value) { bytes in failure = unsafe decode(&reader, over: bytes) }
        if let failure { throw failure }
    }

    @usableFromInline func decode(_ reader: inout ByteReader, over memory: UnsafeMutableRawBufferPointer) -> DecodeError? {
        precondition(memory.count == size, "a plan is for one type")
        guard let base = memory.baseAddress else { return nil }
        do throws(DecodeError) { try unsafe decode(&reader, at: base) } catch { return error }
        return nil
    }

    package func decode(_ reader: inout ByteReader, at base: UnsafeMutableRawPointer) throws(DecodeError) {
        let length = unsafe reader.withRemaining { bytes in unsafe decode(bytes, at: base) }
        if let length { return try reader.skip(length) }
        try layout.validate(&reader)
        preconditionFailure("a row that cannot be decoded is well-formed")
    }

    /// Reads a row that fills all of `payload`.
    /// - Returns: why the payload is not one row; nil when it is.
    package func decode(whole payload: [UInt8], at base: UnsafeMutableRawPointer) -> DecodeError? {
        let length = unsafe payload.withUnsafeBytes { bytes in unsafe decode(bytes, at: base) }
        if length == payload.count { return nil }
        guard let fault = layout.fault(in: payload) else { preconditionFailure("a row that cannot be decoded is well-formed") }
        return fault
    }

    /// Why `payload` is not exactly one row; nil when it is.
    package func fault(in payload: [UInt8]) -> DecodeError? {
        unsafe withUnsafeTemporaryAllocation(byteCount: max(1, size), alignment: 16) { memory in
            guard let base = memory.baseAddress else { return nil }
            return unsafe decode(whole: payload, at: base)
        }
    }

    /// Reads a row from the start of `bytes`. ``RowLayout/fault(in:)``, which is slower, tells why a row is malformed.
    /// - Returns: the row's length, or nil when it is malformed.
    func decode(_ bytes: UnsafeRawBufferPointer, at base: UnsafeMutableRawPointer) -> Int? {
        guard bytes.count >= layout.minBytes else { return nil }
        guard let source = bytes.baseAddress else { return 0 }
        var input = unsafe source
        // Bytes beyond the fixed part of every field: available for the contents of texts and lists.
        var spare = bytes.count - layout.minBytes
        for index in 0..<steps.count {
            let step = steps[index]
            let field = unsafe base + Int(step.offset)
            switch step.tag {
            case .text:
                guard let count = unsafe Self.count(input, step, &spare), unsafe isUTF8(UnsafeRawBufferPointer(start: input + 2, count: count)) else {
                    return nil
                }
                unsafe field.storeBytes(of: UInt16(count), as: UInt16.self)
                unsafe (field + 2).copyMemory(from: input + 2, byteCount: count)
                unsafe Self.clear(field + 2 + count, Int(step.count) - count)
                unsafe input += 2 + count
            case .list:
                guard let count = unsafe Self.count(input, step, &spare),
                    unsafe Self.read(step.element, count, input + 2, field + Int(step.start))
                else { return nil }
                let bytes = count * step.element.bytes
                unsafe field.storeBytes(of: UInt16(count), as: UInt16.self)
                unsafe Self.clear(field + 2, Int(step.start) - 2)
                unsafe Self.clear(field + Int(step.start) + bytes, Int(step.count) * step.element.bytes - bytes)
                unsafe input += 2 + bytes
            case .choice:
                guard let ordinal = unsafe ordinal(input, step) else { return nil }
                if step.count > 1 { unsafe field.storeBytes(of: UInt8(ordinal), as: UInt8.self) }
                unsafe input += Int(step.storageBytes)
            case .plain1, .plain2, .plain4, .plain8, .bools, .floats, .doubles:
                guard unsafe Self.read(step.tag, Int(step.count), input, field) else { return nil }
                unsafe input += Int(step.count) * step.tag.bytes
            }
        }
        return unsafe input - source
    }

    /// The count before a text or list; nil when it exceeds the capacity or the remaining bytes.
    @inline(__always)
    private static func count(_ input: UnsafeRawPointer, _ step: RowStep, _ spare: inout Int) -> Int? {
        let count = unsafe Int(UInt16(bigEndian: input.loadUnaligned(as: UInt16.self)))
        spare -= count * step.element.bytes
        return count <= Int(step.count) && spare >= 0 ? count : nil
    }

    /// The ordinal of a choice's raw value: computed where raw values are consecutive, searched otherwise.
    private func ordinal(_ input: UnsafeRawPointer, _ step: RowStep) -> Int? {
        let raw: UInt64 =
            switch step.storageBytes {
            case 1: unsafe UInt64(input.load(as: UInt8.self))
            case 2: unsafe UInt64(UInt16(bigEndian: input.loadUnaligned(as: UInt16.self)))
            case 4: unsafe UInt64(UInt32(bigEndian: input.loadUnaligned(as: UInt32.self)))
            default: unsafe UInt64(bigEndian: input.loadUnaligned(as: UInt64.self))
            }
        let start = Int(step.start)
        let guess = raw &- choices[start]
        if guess < UInt64(step.count), choices[start + Int(guess)] == raw { return Int(guess) }
        return (0..<Int(step.count)).first { choices[start + $0] == raw }
    }

    @inline(__always)
    private static func clear(_ field: UnsafeMutableRawPointer, _ count: Int) {
        if count > 0 { unsafe field.initializeMemory(as: UInt8.self, repeating: 0, count: count) }
    }

    /// - Returns: false when a Bool is neither 0 nor 1 or a NaN is not the canonical one.
    @inline(__always)
    private static func read(_ tag: RowStep.Tag, _ count: Int, _ input: UnsafeRawPointer, _ field: UnsafeMutableRawPointer) -> Bool {
        switch tag {
        case .plain2:
            for index in 0..<count {
                let value = unsafe UInt16(bigEndian: input.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
                unsafe field.storeBytes(of: value, toByteOffset: 2 * index, as: UInt16.self)
            }
        case .plain4, .floats:
            for index in 0..<count {
                let value = unsafe UInt32(bigEndian: input.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
                if tag == .floats, canonicalBits(Float(bitPattern: value)) != value { return false }
                unsafe field.storeBytes(of: value, toByteOffset: 4 * index, as: UInt32.self)
            }
        case .plain8, .doubles:
            for index in 0..<count {
                let value = unsafe UInt64(bigEndian: input.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
                if tag == .doubles, canonicalBits(Double(bitPattern: value)) != value { return false }
                unsafe field.storeBytes(of: value, toByteOffset: 8 * index, as: UInt64.self)
            }
        case .bools:
            for index in 0..<count {
                let value = unsafe input.load(fromByteOffset: index, as: UInt8.self)
                guard value < 2 else { return false }
                unsafe field.storeBytes(of: value, toByteOffset: index, as: UInt8.self)
            }
        case .plain1, .text, .list, .choice:
            unsafe field.copyMemory(from: input, byteCount: count)
        }
        return true
    }
}

/// Whether the bytes are UTF-8, as for a slice.
private func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var offset = 0
    var high: UInt64 = 0
    while offset + 8 <= bytes.count {
        unsafe high |= bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        offset += 8
    }
    while offset < bytes.count {
        unsafe high |= UInt64(bytes[offset])
        offset += 1
    }
    if high & 0x8080_8080_8080_8080 == 0 { return true }
    return unsafe String(validating: bytes, as: UTF8.self) != nil
}

extension RowLayout {
    /// Why the bytes are not exactly one row; nil when they are.
    package func fault(in payload: [UInt8]) -> DecodeError? {
        var reader = ByteReader(payload)
        do throws(DecodeError) {
            try validate(&reader)
            try reader.expectEnd()
            return nil
        } catch {
            return error
        }
    }
}
