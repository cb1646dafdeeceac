/// The id of an entity: unique in the universe and never reused.
///
/// - Shape: world number (14 bits), generation (24), slot (26), from the highest bit down. 0 is ``none``: generation 0 is never given.
public struct Entity: BitwiseCopyable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// All 64 bits.
    public var raw: UInt64

    /// The most slots that one world uses, of the 2²⁶ that an id can name. It bounds an edge's replica, which needs some hundred bytes for each.
    package static let slotLimit = 1 << 22
    /// No entity.
    public static let none = Entity(raw: 0)

    @inlinable public init() { raw = 0 }
    /// Any number is accepted: whether there is such an entity, only a world knows.
    @inlinable public init(raw: UInt64) { self.raw = raw }

    /// - Precondition: each part fits its bits.
    @inlinable public init(world: UInt16, generation: UInt32, slot: UInt32) {
        precondition(world < 1 << 14 && generation < 1 << 24 && slot < 1 << 26, "entity part out of range")
        raw = UInt64(world) << 50 | UInt64(generation) << 26 | UInt64(slot)
    }

    /// The world that gave the id, 1...16,383.
    @inlinable public var world: UInt16 { UInt16(truncatingIfNeeded: raw >> 50) }
    /// Which life of its slot it is, from 1.
    @inlinable public var generation: UInt32 { UInt32(truncatingIfNeeded: raw >> 26) & 0xff_ffff }
    /// The place of its rows in their columns; queries visit entities in this order. Given again after the entity has gone, with the next generation.
    @inlinable public var slot: UInt32 { UInt32(truncatingIfNeeded: raw) & 0x3ff_ffff }
    /// Whether it names no entity.
    @inlinable public var isNone: Bool { raw == 0 }

    @inlinable public static func < (a: Entity, b: Entity) -> Bool { a.raw < b.raw }

    /// World, slot and generation in text form: `3:17.2`.
    public var description: String { isNone ? "none" : "\(world):\(slot).\(generation)" }
}

extension ByteWriter {
    @inlinable public mutating func entity(_ value: Entity) { u64(value.raw) }
}

extension ByteReader {
    public mutating func entity() throws(DecodeError) -> Entity { Entity(raw: try u64()) }
}
