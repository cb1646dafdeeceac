/// Scrambles 64 bits so that each input bit reaches each output bit (the finisher of SplitMix64).
@inlinable @inline(__always)
public func mix64(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
}

/// Folds one word into a running hash: one wide multiplication, both halves kept.
@inlinable @inline(__always)
public func fold64(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let product = (hash ^ word ^ 0x9e37_79b9_7f4a_7c15).multipliedFullWidth(by: 0xa076_1d64_78bd_642f)
    return product.high ^ product.low &+ hash
}

/// A hash of bytes for naming and comparing; not collision-resistant against an adversary.
@inlinable public func hash64(_ bytes: some Collection<UInt8>, seed: UInt64 = 0) -> UInt64 {
    var hash = fold64(seed, UInt64(bytes.count))
    var word: UInt64 = 0
    var filled: UInt64 = 0
    for byte in bytes {
        word = word << 8 | UInt64(byte)
        filled += 1
        if filled == 8 {
            hash = fold64(hash, word)
            word = 0
            filled = 0
        }
    }
    if filled > 0 { hash = fold64(hash, word | filled << 56) }
    return mix64(hash)
}

/// Random numbers that follow from a seed alone (SplitMix64): the same on every machine and in every release.
public struct RandomSource: Sendable {
    public private(set) var state: UInt64

    public init(seed: UInt64) { state = mix64(seed &+ 0x9e37_79b9_7f4a_7c15) }

    @inlinable public mutating func next() -> UInt64 {
        step()
        return mix64(state)
    }

    @usableFromInline mutating func step() { state &+= 0x9e37_79b9_7f4a_7c15 }

    /// A number in `0..<bound`, each about equally likely (bias below 2⁻³² for bounds below 2³²).
    /// - Precondition: `bound > 0`.
    @inlinable public mutating func below(_ bound: UInt64) -> UInt64 {
        precondition(bound > 0, "a draw below zero")
        return next().multipliedFullWidth(by: bound).high
    }

    @inlinable public mutating func below(_ bound: Int) -> Int { Int(below(UInt64(bound))) }

    /// A number in the closed range.
    @inlinable public mutating func within(_ range: ClosedRange<Int>) -> Int {
        let span = UInt64(bitPattern: Int64(range.upperBound &- range.lowerBound))
        return range.lowerBound &+ Int(truncatingIfNeeded: span == .max ? next() : below(span + 1))
    }

    /// True in `count` of `outOf` draws.
    /// - Precondition: `total > 0`.
    @inlinable public mutating func chance(_ count: Int, outOf total: Int) -> Bool { below(total) < count }

    /// An independent source, seeded with one draw of this one.
    public mutating func split() -> RandomSource { RandomSource(seed: next()) }
}
