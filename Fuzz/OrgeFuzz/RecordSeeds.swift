import OrgeHost
import OrgeSchema

/// Records of ticks with every kind of input.
enum RecordSeeds {
    static func all() -> [[UInt8]] { [[], lifecycle, commands].map { record($0).encoded() } }

    private static func record(_ inputs: [HostInput]) -> TickRecord {
        TickRecord(tick: 300, utcMilliseconds: 1_700_000_000_000, lateMicroseconds: 12, chainBefore: 1, hashBefore: 2, inputs: inputs)
    }

    private static let lifecycle: [HostInput] = [
        .acknowledged(.session(4), sequence: 9), .released(edge: 3, tick: 8), .leave(Attachment(edge: 1, number: 2)), .expire(session: 7),
        .detach(Attachment(edge: 1, number: 3)), .edgeGone(edge: 9), .join(Attachment(edge: 1, number: 4), .guest("anna"), takesOver: true),
    ]

    private static let world = Source.world(WorldSource(world: 7, timeline: 0x0123_4567_89ab_cdef))

    private static let commands: [HostInput] = [
        .intent(session: 5, number: 1, kind: 0, payload: [1, 2]), .malformed(.session(5), sequence: 5),
        .command(.session(5), sequence: 6, kind: 7, payload: [9]),
        .command(.session(2), sequence: 40, kind: 300, payload: []),
        .command(.session(2), sequence: 41, kind: 0, payload: [1, 2, 3]), .command(world, sequence: 4, kind: 1, payload: [6]),
        .malformed(world, sequence: 5), .acknowledged(world, sequence: 3),
    ]
}
