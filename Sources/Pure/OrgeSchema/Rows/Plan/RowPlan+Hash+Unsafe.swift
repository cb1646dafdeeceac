extension RowPlan {
    /// A hash of a row in memory: of its fields, never of its padding, with every NaN made canonical.
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
