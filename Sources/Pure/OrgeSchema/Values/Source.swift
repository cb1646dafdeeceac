/// What a command comes from. Each source counts its commands from 1 without gaps, so (source, sequence) names one command.
package enum Source: BitwiseCopyable, Hashable, Sendable {
    /// A client's session, by its number in the world.
    case session(UInt64)
    /// Another world. No world sends yet; order, records and images have room for it.
    case world(WorldSource)

    /// The session's number; nil for a world.
    @inlinable package var session: UInt64? { if case .session(let number) = self { number } else { nil } }
}

/// Another world on one of its timelines: a world that forks counts from 1 again, because what it had sent after the fork never happened.
package struct WorldSource: BitwiseCopyable, Hashable, Sendable {
    /// Names the timeline: the sender's chain hash after the last tick that it shares with the timeline before; 0 for the world's first one. A whole
    /// ``Timeline`` here would make every input of a tick half as large again.
    package var timeline: UInt64
    /// The sender's number, 14 bits.
    package var world: UInt16

    /// World numbers end before this.
    package static let worldLimit: UInt16 = 1 << 14

    /// - Precondition: `world` is below ``worldLimit``.
    package init(world: UInt16, timeline: UInt64) {
        precondition(world < Self.worldLimit, "world number \(world)")
        self.world = world
        self.timeline = timeline
    }
}

/// `world u16 · timeline u64`.
extension WorldSource {
    package func encode(to writer: inout ByteWriter) {
        writer.u16(world)
        writer.u64(timeline)
    }

    package init(reading reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        let world = try reader.u16()
        guard world < Self.worldLimit else { throw DecodeError(.inconsistent("world number \(world)"), at: start) }
        self.init(world: world, timeline: try reader.u64())
    }
}

extension Source: CustomStringConvertible {
    package var description: String {
        switch self {
        case .session(let number): "session \(number)"
        case .world(let source): "world \(source.world)"
        }
    }
}
