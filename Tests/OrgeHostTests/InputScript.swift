import OrgeSchema

@testable import OrgeHost

/// Draws inputs that may be sealed on a state.
struct InputScript {
    var random: RandomSource
    var nextAttachment: UInt64 = 1
    /// The timelines that the other worlds are on.
    var timelines = (0..<3).map(UInt64.init)

    mutating func inputs(_ state: borrowing HostState) -> [HostInput] {
        var inputs: [HostInput] = []
        for session in state.table.sessions.values { add(session, &inputs) }
        for world in timelines.indices where random.chance(1, outOf: 4) { add(world, state.table, &inputs) }
        if random.chance(1, outOf: 2) {
            let attachment = Attachment(edge: UInt64(random.within(1...3)), number: nextAttachment)
            nextAttachment += 1
            inputs.append(.join(attachment, .guest("account-\(random.below(8))"), takesOver: random.chance(1, outOf: 8)))
        }
        if random.chance(1, outOf: 6) { inputs.append(.released(edge: UInt64(random.within(1...3)), tick: state.tick)) }
        if random.chance(1, outOf: 30) { inputs.append(.edgeGone(edge: UInt64(random.within(1...3)))) }
        return (0..<9).flatMap { place in inputs.filter { Self.place($0) == place } }
    }

    /// The order in which a tick is sealed.
    private static func place(_ input: HostInput) -> Int {
        switch input {
        case .acknowledged: 0
        case .released, .lift: 1
        case .leave: 2
        case .expire: 3
        case .detach: 4
        case .edgeGone: 5
        case .join: 6
        case .intent: 7
        case .command, .keyed, .malformed: 8
        }
    }

    /// One of the other worlds says something; now and then it has forked.
    private mutating func add(_ world: Int, _ table: SessionTable, _ inputs: inout [HostInput]) {
        if random.chance(1, outOf: 10) { timelines[world] = random.next() }
        let source = WorldSource(world: UInt16(world), timeline: timelines[world])
        let highest = table.inbox(of: source)?.window.highest ?? 0
        switch random.below(4) {
        case 0: inputs.append(.acknowledged(.world(source), sequence: random.below(highest + 1)))
        case 1: inputs.append(.malformed(.world(source), sequence: highest + 1))
        default: inputs.append(.command(.world(source), sequence: highest + 1, kind: TallyBytes.step, payload: TallyBytes.step(1)))
        }
    }

    private mutating func add(_ session: Session, _ inputs: inout [HostInput]) {
        guard session.isAttached else {
            if random.chance(1, outOf: 6) { inputs.append(.expire(session: session.number)) }
            return
        }
        switch random.below(14) {
        case 0: inputs.append(.detach(session.attachment))
        case 1: inputs.append(.leave(session.attachment))
        case 2: inputs.append(.acknowledged(session: session.number, sequence: session.window.highest))
        case 3:
            let heading = TallyBytes.heading(Int32(random.below(5)))
            inputs.append(.intent(session: session.number, number: UInt32(random.below(9)), kind: 0, payload: heading))
        case 4, 5, 6:
            let payload = TallyBytes.give(random.chance(1, outOf: 2) ? session.avatar : .none, Int64(random.below(30)))
            inputs.append(.command(session: session.number, sequence: session.window.highest + 1, kind: TallyBytes.give, payload: payload))
        case 7, 8:
            // Few keys and payloads, so that some are repeated and some are reused.
            let key = IdempotencyKey(high: 7, low: random.below(UInt64(12)))
            inputs.append(
                .keyed(
                    session: session.number, sequence: session.window.highest + 1, key, kind: TallyBytes.step, payload: TallyBytes.step(Int32(random.below(2))))
            )
        default:
            let payload = TallyBytes.step(Int32(random.below(9)))
            inputs.append(.command(session: session.number, sequence: session.window.highest + 1, kind: TallyBytes.step, payload: payload))
        }
    }
}
