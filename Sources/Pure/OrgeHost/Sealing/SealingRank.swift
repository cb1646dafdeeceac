import OrgeSchema

extension WorldSource {
    /// Of the world, whatever its timeline; scrambled, so that it is no id of the identity service.
    var rankKey: UInt64 { mix64(0x77_6f72_6c64 ^ UInt64(world)) }
}

/// An account's or a world's place among those of a tick: another one in each tick, so that none is always first, and the same through every edge.
/// - Parameters:
///   - key: the account's id, or the world's ``WorldSource/rankKey``. Different ones have different ranks.
///   - seed: of the tick.
@inline(__always)
func sealingRank(_ key: UInt64, _ seed: UInt64) -> UInt64 { mix64(seed ^ key) }
