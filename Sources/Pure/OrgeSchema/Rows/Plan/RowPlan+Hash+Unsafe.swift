/// Eight bytes of memory as they go into a hash.
struct HashWord: BitwiseCopyable, Sendable {
    /// Which halves are floats, so that NaN can be made one before hashing.
    enum Lanes: UInt8 {
        case none, double, low, high, both
    }

    /// Bits that belong to fields.
    var mask: UInt64 = 0
    private(set) var lanes = Lanes.none
    /// Finds a NaN in any lane with one addition: the magnitude bits of float lanes, what carries a NaN's magnitude into the sign, and the signs.
    private var magnitude: UInt64 = 0
    private var carry: UInt64 = 0
    private var sign: UInt64 = 0

    static func words(_ steps: [RowStep], size: Int) -> [HashWord] {
        var words = Array(repeating: HashWord(), count: (size + 7) / 8)
        func cover(_ bytes: Range<Int>) {
            for byte in bytes { words[byte / 8].mask |= 0xff << (8 * UInt64(byte % 8)) }
        }
        for step in steps {
            let offset = Int(step.offset)
            let elements = step.tag == .list ? offset + Int(step.start) : offset
            cover(elements..<offset + step.memoryBytes)
            if step.tag == .list { cover(offset..<offset + 2) }
            for index in 0..<Int(step.count) {
                let place = elements + index * step.element.bytes
                if step.element == .doubles { words[place / 8].lay(.double) }
                if step.element == .floats { words[place / 8].lay(place % 8 == 0 ? .low : .high) }
            }
        }
        return words
    }

    private mutating func lay(_ lane: Lanes) {
        lanes = lanes == .none ? lane : .both
        switch lane {
        case .none, .both: preconditionFailure("one lane at a time")
        case .double: (magnitude, carry, sign) = (0x7fff_ffff_ffff_ffff, 0x000f_ffff_ffff_ffff, 1 << 63)
        case .low: (magnitude, carry, sign) = (magnitude | 0x7fff_ffff, carry | 0x007f_ffff, sign | 1 << 31)
        case .high: (magnitude, carry, sign) = (magnitude | 0x7fff_ffff << 32, carry | 0x007f_ffff << 32, sign | 1 << 63)
        }
    }

    /// The field bits of a word with every NaN as the canonical one.
    @inline(__always)
    func canonical(_ raw: UInt64) -> UInt64 {
        let word = raw & mask
        return ((word & magnitude) &+ carry) & sign == 0 ? word : withoutNaN(word)
    }

    private func withoutNaN(_ word: UInt64) -> UInt64 {
        switch lanes {
        case .none: word
        case .double: canonicalBits(Double(bitPattern: word))
        case .low: Self.low(word)
        case .high: Self.high(word)
        case .both: Self.high(Self.low(word))
        }
    }

    @inline(__always)
    private static func low(_ word: UInt64) -> UInt64 {
        word & ~0xffff_ffff | UInt64(canonicalBits(Float(bitPattern: UInt32(truncatingIfNeeded: word))))
    }

    @inline(__always)
    private static func high(_ word: UInt64) -> UInt64 {
        word & 0xffff_ffff | UInt64(canonicalBits(Float(bitPattern: UInt32(truncatingIfNeeded: word >> 32)))) << 32
    }
}

extension RowPlan {
    /// A hash of a row in memory: its fields only, never its padding, every NaN alike.
    /// - Precondition: as many bytes as the size rounded up to eight may be read at `base` (slabs end in eight spare bytes).
    package func hash(at base: UnsafeRawPointer, seed: UInt64) -> UInt64 {
        var hash = seed
        if hasFloats {
            for index in 0..<words.count {
                hash = unsafe fold64(hash, words[index].canonical(base.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)))
            }
        } else {
            for index in 0..<words.count {
                hash = unsafe fold64(hash, base.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self) & words[index].mask)
            }
        }
        return mix64(hash)
    }
}
