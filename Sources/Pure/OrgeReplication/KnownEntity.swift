import OrgeSchema

/// An entity in a client's view: generation, slot and a flag in one word, ordered as the entities of one world are.
struct KnownEntity: BitwiseCopyable, Comparable {
    private static let ownerFlag: UInt64 = 1
    /// At most 59 bits.
    let raw: UInt64

    init(raw: UInt64) { self.raw = raw }

    init(_ entity: Entity, isOwner: Bool) {
        raw = UInt64(entity.generation) << 27 | UInt64(entity.slot) << 1 | (isOwner ? Self.ownerFlag : 0)
    }

    @inline(__always)
    var slot: Int { Int(truncatingIfNeeded: raw >> 1 & 0x3ff_ffff) }
    /// The rows that only the owner sees are in the view as well.
    @inline(__always)
    var isOwner: Bool { raw & Self.ownerFlag != 0 }

    @inline(__always)
    func entity(in world: UInt16) -> Entity {
        Entity(world: world, generation: UInt32(truncatingIfNeeded: raw >> 27), slot: UInt32(slot))
    }

    @inline(__always)
    static func < (a: KnownEntity, b: KnownEntity) -> Bool { a.raw < b.raw }
}
