package import OrgeSchema

/// What one client has been told: the entities in its view, and through which tick it is complete.
///
/// Rows are not kept per client. A row must be sent when it changed after the client's tick, so 8 bytes per entity in view are all there is.
package struct SentView: Sendable {
    /// `none` for a monitor, which sees every public row.
    package let avatar: Entity
    /// Complete through this tick; 0 before the first update.
    package internal(set) var tick: UInt64 = 0
    /// Ticks in which this client's view changed, whether or not an update of its own was sent for them.
    package var updatesDue: UInt64 = 0
    /// The first update begins a new view, even an empty one.
    package internal(set) var isFresh = true
    /// By slot.
    var known = ContiguousArray<KnownEntity>()

    package init(avatar: Entity) {
        self.avatar = avatar
    }

    package var isMonitor: Bool { avatar.isNone }
    package var knownCount: Int { known.count }
}

/// An entity in a client's view: slot, generation and a flag in one word, ordered by slot.
struct KnownEntity: BitwiseCopyable, Comparable {
    private static let flagBits: UInt64 = 14
    private static let ownerFlag: UInt64 = 1
    private var raw: UInt64

    init(_ entity: Entity, isOwner: Bool) {
        raw = UInt64(entity.slot) << 38 | UInt64(entity.generation) << Self.flagBits | (isOwner ? Self.ownerFlag : 0)
    }

    @inline(__always)
    var slot: Int { Int(raw >> 38) }
    /// The rows that only the owner sees are in the view as well.
    @inline(__always)
    var isOwner: Bool { raw & Self.ownerFlag != 0 }

    @inline(__always)
    func entity(in world: UInt16) -> Entity {
        Entity(world: world, generation: UInt32(truncatingIfNeeded: raw >> Self.flagBits) & 0xff_ffff, slot: UInt32(slot))
    }

    @inline(__always)
    static func < (a: KnownEntity, b: KnownEntity) -> Bool { a.raw < b.raw }
}
