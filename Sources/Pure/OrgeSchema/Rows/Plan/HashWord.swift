/// How eight bytes of a row in memory enter its hash.
struct HashWord: BitwiseCopyable, Sendable {
    /// Which halves are floats, so that every NaN can be made canonical before hashing.
    enum Lanes: UInt8 {
        case none, double, low, high, both
    }

    /// Bits that belong to fields.
    var mask: UInt64 = 0
    private(set) var lanes = Lanes.none
    /// Detect a NaN in any lane with one addition: the magnitude bits of float lanes, the addend that carries a NaN's magnitude into the sign
    /// bit, and the sign bits.
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

    /// The field bits of a word, with every NaN made canonical.
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
