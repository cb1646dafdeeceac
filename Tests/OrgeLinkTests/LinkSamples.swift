import OrgeLink
import OrgeSchema

/// Random frames of both directions, and their meaning without extents, so that they can be compared.
struct LinkSampler {
    var random: RandomSource

    init(seed: UInt64) { random = RandomSource(seed: seed) }

    mutating func bytes(upTo limit: Int) -> ArraySlice<UInt8> {
        let count = random.below(limit + 1)
        return ArraySlice((0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    }

    mutating func entity() -> Entity { Entity(world: 3, generation: UInt32(random.within(1...5)), slot: UInt32(random.below(1000))) }

    mutating func audience() -> EventAudience {
        switch random.below(3) {
        case 0: .all
        case 1: .avatar(entity())
        default: .disc(x: Double(random.below(1000)), y: -0.5, radius: Double(random.below(9)))
        }
    }

    mutating func joinAnswer() -> JoinAnswer {
        if random.chance(1, outOf: 2) { return .joined(session: random.next(), avatar: entity(), nextSequence: 1 + random.next() >> 2, resume: resumeAnswer()) }
        return .refused(JoinRefusalReason.allCases[random.below(3)], code: UInt8(random.below(256)), text: "no room at the inn ✗", resume: resumeAnswer())
    }

    mutating func resumeAnswer() -> ResumeAnswer {
        let forks: [Fork?] = [nil, .unknown, .after(tick: random.next())]
        let fork = forks[random.below(3)]
        return switch random.below(4) {
        case 0: .notAsked
        case 1: .unknown
        case 2: .ended(session: random.next(), oldest: random.next(), through: random.next())
        default: .resumed(.init(oldest: 1 + random.next() >> 2, lastIntent: UInt32(random.below(9)), lostEvents: UInt32(random.below(9)), fork: fork))
        }
    }

    mutating func tickets() -> JoinTickets {
        let request = ResumeRequest(
            session: random.next(), proof: Ticket(high: 1, low: random.next()).hash, acknowledged: random.next(), incarnation: 3, tick: random.next(),
            eventsThrough: random.next())
        return JoinTickets(opens: Ticket(high: random.next(), low: 2).hash, resume: random.chance(1, outOf: 2) ? request : nil)
    }

    mutating func timeline() -> Timeline {
        Timeline(incarnation: UInt32(truncatingIfNeeded: random.next()), tick: random.next(), chain: random.next())
    }

    mutating func edgeHello() -> EdgeHello {
        EdgeHello(world: "meadow", edgeID: random.next(), incarnation: UInt32(truncatingIfNeeded: random.next()), held: timeline(), rows: timeline())
    }

    mutating func hostHello() -> HostHello {
        let fork: [Fork?] = [nil, .unknown, .after(tick: random.next())]
        var hello = HostHello(
            world: "meadow", number: 3, pace: .onDemand, incarnation: 2, tick: random.next(), resumes: false, fork: fork[random.below(3)], document: [1, 2, 3])
        if hello.fork == nil { hello.resumes = random.chance(1, outOf: 2) }
        return hello
    }

    mutating func sessions() -> [HeldSession] {
        (0..<random.below(5)).map { _ in
            HeldSession(attachment: random.next(), session: random.next(), avatar: entity(), nextSequence: 1 + random.next() >> 2)
        }
    }

    mutating func release(_ size: Int) -> Release {
        var release = Release(
            ReleaseHead(tick: random.next(), chain: random.next(), utcMilliseconds: random.next(), dilationPermille: UInt16(random.below(1001))))
        for _ in 0..<random.below(size + 1) { release.joins.append((random.next(), joinAnswer())) }
        for _ in 0..<random.below(size + 1) { release.ended.append((random.next(), EndReason.allCases[random.below(EndReason.allCases.count)])) }
        for _ in 0..<random.below(size + 1) { release.removed.append(entity()) }
        for _ in 0..<random.below(size + 1) { release.unset.append(RowKey(entity: entity(), component: UInt16(random.below(9)))) }
        for _ in 0..<random.below(size + 1) { release.set(entity(), UInt16(random.below(9)), row: bytes(upTo: 40)) }
        for _ in 0..<random.below(size + 1) { release.outcome(session: random.next(), sequence: random.next(), bytes(upTo: 20)) }
        for _ in 0..<random.below(size + 1) {
            release.consumed.append(ConsumedIntent(session: random.next(), number: UInt32(truncatingIfNeeded: random.next())))
        }
        for _ in 0..<random.below(size + 1) {
            release.event(UInt16(random.below(5)), to: audience(), isReliable: random.chance(1, outOf: 2), payload: bytes(upTo: 20))
        }
        return release
    }
}

extension Release {
    /// Every section in words; parts of one release joined by ``appending(_:)`` read like the whole.
    var meaning: [[String]] {
        [
            joins.map { "\($0.attachment) \($0.answer)" },
            ended.map { "\($0.attachment) \($0.reason)" },
            removed.map { "\($0)" },
            unset.map { "\($0.entity) \($0.component)" },
            set.map { "\($0.entity) \($0.component) \(Array(piece($0.bytes)))" },
            outcomes.map { "\($0.session) \($0.sequence) \(Array(piece($0.bytes)))" },
            consumed.map { "\($0.session) \($0.number)" },
            events.map { "\($0.kind) \($0.audience) \($0.isReliable) \(Array(piece($0.payload)))" },
        ]
    }
}

/// The frames in a stream, read through the frame reader in pieces of the given size.
func frames(_ stream: [UInt8], pieces: Int) throws -> [[UInt8]] {
    var reader = FrameStream.link
    var frames: [[UInt8]] = []
    for start in stride(from: 0, to: stream.count, by: pieces) {
        reader.append(stream[start..<min(start + pieces, stream.count)])
        while let frame = try reader.nextFrame() { frames.append(frame) }
    }
    return frames
}
