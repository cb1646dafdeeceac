import OrgeImage
import OrgeSchema
import OrgeWorldTesting
import Testing

@testable import OrgeWorld

/// Commands with idempotency keys, against a model that shares nothing with the table.
@Suite("Commands with idempotency keys")
struct KeyTests {
    private struct Name: Hashable {
        var account: String
        var key: IdempotencyKey
    }

    private struct Known {
        var amount: UInt32
        var tick: UInt64
        /// Tick or milliseconds.
        var stamp: UInt64
        var sum: UInt64
    }

    private enum Verdict: Equatable {
        case applied(UInt64)
        case repeated(UInt64, UInt64)
        case refused(Refusal.Code)
    }

    /// What each command must come to.
    private struct Model {
        let memory: KeyMemory
        let lifetime: UInt64
        var keys: [Name: Known] = [:]
        var sums: [String: UInt64] = [:]
        var applications = 0
        var repetitions = 0
        var refusals: [UInt8: Int] = [:]

        mutating func run(_ account: String, _ key: IdempotencyKey, _ amount: UInt32, tick: UInt64, now: UInt64) -> Verdict {
            keys = keys.filter { now - $0.value.stamp < lifetime }
            let name = Name(account: account, key: key)
            if let known = keys[name] {
                guard known.amount == amount else { return refused(.keyReused) }
                repetitions += 1
                return .repeated(known.tick, known.sum)
            }
            let own = keys.count { $0.key.account == account }
            guard keys.count < memory.limit, own < memory.limitPerAccount else { return refused(.keysFull) }
            guard amount % 7 != 0 else { return refused(.invalid) }
            let sum = sums[account, default: 0] + UInt64(amount)
            sums[account] = sum
            keys[name] = Known(amount: amount, tick: tick, stamp: now, sum: sum)
            applications += 1
            return .applied(sum)
        }

        private mutating func refused(_ code: Refusal.Code) -> Verdict {
            refusals[code.rawValue, default: 0] += 1
            return .refused(code)
        }
    }

    private static func verdict(_ output: TickOutput, _ index: Int) throws -> Verdict {
        var reader = ByteReader(Array(output.bytes(of: output.outcomes[index])))
        func number(_ row: [UInt8]) -> UInt64 { row.reduce(0) { $0 << 8 | UInt64($1) } }
        return switch try Outcome(reading: &reader) {
        case .applied(let row): .applied(number(row))
        case .repeated(let tick, let row): .repeated(tick, number(row))
        case .refused(let refusal): .refused(refusal.code)
        }
    }

    private static func payload(_ amount: UInt32) -> [UInt8] {
        var writer = ByteWriter()
        writer.u32(amount)
        return writer.bytes
    }

    /// Accounts come, lose their sessions and return in others; the engine is restored from its image now and then, and one follows its feed.
    private static func play<W: World>(_ world: W.Type, seed: UInt64) throws -> Model {
        var random = RandomSource(seed: seed)
        var engine = WorldEngine(world, number: 9, seed: seed)
        let follower = WorldEngine(world, number: 9, seed: seed)
        engine.isFollowed = true
        let memory = W.keyMemory!
        let isFixed = if case .fixed = W.pace { true } else { false }
        var model = Model(memory: memory, lifetime: memory.lifetime(W.pace))
        var sessions: [String: UInt64] = [:]
        var (nextSession, tick, utc) = (UInt64(1), UInt64(0), UInt64(1_700_000_000_000))
        for _ in 0..<300 {
            tick += UInt64(random.chance(1, outOf: 20) ? random.within(1...70) : 1)
            utc += UInt64(random.chance(1, outOf: 20) ? random.below(4_000) : random.below(60))
            var inputs: [Input] = []
            var expected: [Verdict] = []
            for account in ["ada", "bob", "eve"] {
                guard let session = sessions[account] else {
                    sessions[account] = nextSession
                    inputs.append(.arrive(session: nextSession, .guest(account)))
                    nextSession += 1
                    continue
                }
                if random.chance(1, outOf: 10) {
                    // The avatar despawns; what the account has applied is remembered.
                    sessions[account] = nil
                    model.sums[account] = nil
                    inputs.append(.depart(session: session))
                    continue
                }
                for _ in 0..<random.below(4) {
                    let key = IdempotencyKey(high: 1, low: random.below(UInt64(14)))
                    let amount = UInt32(1 + (key.low + (random.chance(1, outOf: 6) ? 1 : 0)) % 8)
                    inputs.append(.keyed(session: session, sequence: 1, key, kind: 0, payload: payload(amount)))
                    expected.append(model.run(account, key, amount, tick: tick, now: isFixed ? tick : utc))
                }
            }
            let output = engine.execute(tick: tick, utcMilliseconds: utc, inputs: inputs)
            for (index, verdict) in expected.enumerated() { #expect(try Self.verdict(output, index) == verdict, "seed \(seed), tick \(tick)") }
            try follower.apply(output.changes)
            #expect(follower.stateHash == output.stateHash, "seed \(seed), tick \(tick)")
            if random.chance(1, outOf: 12) {
                #expect(follower.image() == engine.image(), "seed \(seed), tick \(tick)")
                engine = try WorldEngine.restore(world, from: MemorySource(engine.image().bytes))
                engine.isFollowed = true
            }
        }
        return model
    }

    @Test("come to what a plain model says, over sessions, images, a follower and the end of their time", arguments: 1...12 as ClosedRange<UInt64>)
    func model(seed: UInt64) throws {
        for model in [try Self.play(Steady.self, seed: seed), try Self.play(Dated.self, seed: seed)] {
            #expect(model.applications > 30 && model.repetitions > 10, "seed \(seed)")
            for code in [Refusal.Code.keyReused, .keysFull, .invalid] { #expect(model.refusals[code.rawValue] ?? 0 > 0, "seed \(seed): no \(code)") }
        }
    }

    @Test("a tick without one changes no key, however late it is: empty ticks may be left out")
    func emptyTicks() throws {
        let (whole, jumping) = (WorldEngine(Steady.self, number: 1, seed: 1), WorldEngine(Steady.self, number: 1, seed: 1))
        let key = IdempotencyKey(high: 1, low: 2)
        let first: [Input] = [.arrive(session: 1, .guest("ada")), .keyed(session: 1, sequence: 1, key, kind: 0, payload: Self.payload(1))]
        for engine in [whole, jumping] { _ = engine.execute(tick: 1, utcMilliseconds: 0, inputs: first) }
        for tick in 2...90 as ClosedRange<UInt64> { _ = whole.execute(tick: tick, utcMilliseconds: 0, inputs: []) }
        let again: [Input] = [.keyed(session: 1, sequence: 2, key, kind: 0, payload: Self.payload(1))]
        let outputs = [whole, jumping].map { $0.execute(tick: 91, utcMilliseconds: 0, inputs: again) }
        #expect(outputs[0].stateHash == outputs[1].stateHash && outputs[0].outcomeBytes == outputs[1].outcomeBytes)
        #expect(try Self.verdict(outputs[0], 0) == .applied(2), "after its time it is forgotten")
    }

    @Test("a world that remembers none refuses them and runs nothing")
    func noKeys() throws {
        let world = TestWorld(Plain.self)
        let ada = try world.join("ada")
        ada.expectRefused(Add(amount: 1), .noKeys, key: IdempotencyKey(high: 1, low: 2))
        #expect(try ada.call(Add(amount: 1)).total == 1)
    }

    @Test("a wrong kind or payload is refused under its key, which stays free")
    func malformed() throws {
        let engine = WorldEngine(Steady.self, number: 1, seed: 1)
        let key = IdempotencyKey(high: 1, low: 2)
        let output = engine.execute(
            tick: 1, utcMilliseconds: 0,
            inputs: [
                .keyed(session: 1, sequence: 1, key, kind: 0, payload: Self.payload(1)), .arrive(session: 1, .guest("ada")),
                .keyed(session: 1, sequence: 1, key, kind: 7, payload: []), .keyed(session: 1, sequence: 2, key, kind: 0, payload: [1]),
                .keyed(session: 1, sequence: 3, key, kind: 0, payload: Self.payload(1)),
            ])
        let verdicts = try output.outcomes.indices.map { try Self.verdict(output, $0) }
        #expect(verdicts == [.refused(.notFound), .refused(.unknownKind), .refused(.invalid), .applied(1)])
    }

    @Test("an image with more keys than the world has room for, with keys out of order or from a time to come is refused", arguments: 0..<4)
    func images(fault: Int) throws {
        let engine = WorldEngine(Steady.self, number: 1, seed: 1)
        for tick in 1...5 as ClosedRange<UInt64> { _ = engine.execute(tick: tick, utcMilliseconds: 0, inputs: []) }
        func remember(_ number: UInt64, tick: UInt64) {
            let key = IdempotencyKey(high: 0, low: number)
            engine.core.state.rememberKey(
                KeyRecord(account: AccountID(raw: number), key: key, content: 1, tick: tick, stamp: tick, result: [0, 0, 0, 0, 0, 0, 0, 1]))
        }
        switch fault {
        case 0: for number in 1...12 as ClosedRange<UInt64> { remember(number, tick: 1) }
        case 1: for (number, tick) in [(1, 3), (2, 2)] as [(UInt64, UInt64)] { remember(number, tick: tick) }
        case 2: for _ in 0..<2 { remember(1, tick: 1) }
        default: remember(1, tick: 9)
        }
        let image = engine.image()
        if fault == 3 {
            #expect(try WorldEngine.restore(Steady.self, from: MemorySource(image.bytes)).keyContradiction(utcMilliseconds: 0) != nil)
        } else if fault == 0 {
            #expect(throws: ImageError.self) { try WorldEngine.restore(Narrow.self, from: MemorySource(image.bytes)) }
            #expect(try WorldEngine.restore(Steady.self, from: MemorySource(image.bytes)).keyCount == 12)
        } else {
            #expect(throws: ImageError.self) { try WorldEngine.restore(Steady.self, from: MemorySource(image.bytes)) }
        }
    }

    @Test("a declaration that cannot be kept is the author's fault")
    func declarations() {
        func fault(_ memory: KeyMemory, _ pace: Pace, readsUTC: Bool = false) -> String? {
            do throws(AuthorFault) { try memory.check(pace, readsUTC: readsUTC) } catch { return error.why }
            return nil
        }
        #expect(fault(KeyMemory(), .fixed(hertz: 20)) == nil && fault(KeyMemory(), .onDemand, readsUTC: true) == nil)
        #expect(fault(KeyMemory(), .onDemand)?.contains("readsUTC") == true && fault(KeyMemory(), .flatOut)?.contains("readsUTC") == true)
        #expect(fault(KeyMemory(seconds: 0), .fixed(hertz: 20)) != nil && fault(KeyMemory(seconds: 40_000_000), .fixed(hertz: 20)) != nil)
        #expect(fault(KeyMemory(limit: 0), .fixed(hertz: 20)) != nil && fault(KeyMemory(limit: 4, perAccount: 5), .fixed(hertz: 20)) != nil)
        #expect(throws: AuthorFault.self) { try WorldEngine.check(Wordy.self, site: DeclarationSite(fileID: "a", line: 1)) }
    }
}

private struct Sums: Component { var total: UInt64 = 0 }
private struct Answer: Record { var total: UInt64 = 0 }
private struct Essay: Record { var text = Text<600>() }

/// Adds to the sum of the avatar; refuses multiples of seven.
private struct Add: Command {
    var amount: UInt32 = 0

    static func run(_ add: Add, _ turn: inout Turn) throws(Refusal) -> Answer {
        guard add.amount % 7 != 0 else { throw Refusal(.invalid, "seven is not added") }
        try turn.update(turn.avatar, Sums.self) { $0.total += UInt64(add.amount) }
        return Answer(total: try turn.get(turn.avatar, Sums.self).total)
    }
}

private struct Write: Command {
    static func run(_ write: Write, _ turn: inout Turn) throws(Refusal) -> Essay { Essay() }
}

private protocol Adding: World {}

extension Adding {
    static var name: String { "adding" }
    @PartsBuilder static var parts: Parts {
        Sums.self
        Add.self
    }

    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        let avatar = try turn.spawn()
        try turn.set(avatar, Sums())
        return avatar
    }
}

private enum Steady: Adding {
    static var pace: Pace { .fixed(hertz: 20) }
    static var keyMemory: KeyMemory? { KeyMemory(seconds: 4, limit: 20, perAccount: 9) }
}

private enum Narrow: Adding {
    static var pace: Pace { .fixed(hertz: 20) }
    static var keyMemory: KeyMemory? { KeyMemory(seconds: 4, limit: 11, perAccount: 9) }
}

private enum Dated: Adding {
    static var pace: Pace { .onDemand }
    static var readsUTC: Bool { true }
    static var keyMemory: KeyMemory? { KeyMemory(seconds: 4, limit: 20, perAccount: 9) }
}

private enum Plain: Adding {
    static var pace: Pace { .onDemand }
}

private enum Wordy: Adding {
    static var pace: Pace { .fixed(hertz: 20) }
    static var keyMemory: KeyMemory? { KeyMemory() }
    @PartsBuilder static var parts: Parts {
        Sums.self
        Write.self
    }
}
