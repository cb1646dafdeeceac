import OrgeImage
import OrgeSchema
import OrgeWorldTesting
import Testing

@testable import OrgeWorld

@Suite("A world at work")
struct EngineTests {
    static func engine(_ seed: UInt64) -> WorldEngine { WorldEngine(Sandbox.self, number: 3, seed: seed) }

    static func scramble(_ session: UInt64, _ sequence: UInt64, steps: UInt16, fails: Bool) -> Input {
        var writer = ByteWriter()
        writer.u16(steps)
        writer.flag(fails)
        return .command(session: session, sequence: sequence, kind: 0, payload: writer.bytes)
    }

    /// Drawn inputs of some ticks, the same for the same seed.
    static func script(_ seed: UInt64, ticks: Int) -> [[Input]] {
        var random = RandomSource(seed: seed)
        var batches: [[Input]] = [[.arrive(session: 1, .guest("ada")), .arrive(session: 2, .guest("bob"))]]
        var sequence: UInt64 = 0
        for _ in 0..<ticks {
            var batch: [Input] = []
            for _ in 0..<random.below(4) {
                sequence += 1
                batch.append(scramble(UInt64(random.within(1...2)), sequence, steps: UInt16(random.below(30)), fails: random.chance(1, outOf: 3)))
            }
            if random.chance(1, outOf: 3) {
                batch.append(.intent(session: 1, kind: 0, payload: [0, 0, 0, UInt8(random.below(7))]))
            }
            batches.append(batch)
        }
        return batches
    }

    @Test("the same seed and inputs give the same state, another seed another")
    func deterministic() {
        expectSound(Sandbox.self, seeds: 0...4, ticks: 60)
        #expect(TestWorld(Sandbox.self, seed: 0).state != TestWorld(Sandbox.self, seed: 1).state)
    }

    @Test("malformed commands and reconnections move no random draw", arguments: 0..<5 as Range<UInt64>)
    func unseenInputs(seed: UInt64) {
        let (plain, disturbed) = (Self.engine(seed), Self.engine(seed))
        // Of the first client: each of its reconnections has the next one.
        var session: UInt64 = 1
        for (index, batch) in Self.script(seed, ticks: 30).enumerated() {
            var inputs: [Input] = []
            for input in batch {
                inputs.append(.malformed(.session(2), sequence: 1))
                if index > 0 {
                    let next = session == 1 ? 10 : session + 1
                    inputs.append(.resume(session: next, from: session))
                    session = next
                }
                inputs.append(Self.renumbered(input, session))
            }
            let tick = UInt64(index + 1)
            let outputs = (plain.execute(tick: tick, utcMilliseconds: 0, inputs: batch), disturbed.execute(tick: tick, utcMilliseconds: 0, inputs: inputs))
            #expect(outputs.0.stateHash == outputs.1.stateHash)
        }
    }

    private static func renumbered(_ input: Input, _ first: UInt64) -> Input {
        switch input {
        case .command(.session(1), let sequence, let kind, let payload): .command(session: first, sequence: sequence, kind: kind, payload: payload)
        case .intent(1, let kind, let payload): .intent(session: first, kind: kind, payload: payload)
        default: input
        }
    }

    @Test("a refused command leaves the state unchanged", arguments: 0..<60 as Range<UInt64>)
    func undo(seed: UInt64) throws {
        let engine = Self.engine(seed)
        for (index, batch) in Self.script(seed, ticks: 6).enumerated() { _ = engine.execute(tick: UInt64(index + 1), utcMilliseconds: 0, inputs: batch) }
        // Tick 101 is odd, so no system is due, and one that had no inputs differs from one with refused ones by nothing.
        let image = engine.image()
        let quiet = try WorldEngine.restore(Sandbox.self, from: MemorySource(image.bytes))
        let output = engine.execute(
            tick: 101, utcMilliseconds: 0, inputs: (0..<5).map { Self.scramble(1, 100 + $0, steps: 40, fails: true) })
        #expect(output.outcomes.allSatisfy { output.bytes(of: $0).first == 1 })
        #expect(output.events.isEmpty && output.changes.rows.isEmpty && output.changes.despawned.isEmpty)
        #expect(output.stateHash == quiet.execute(tick: 101, utcMilliseconds: 0, inputs: []).stateHash)
        #expect(engine.image() == quiet.image())
    }

    @Test("a restored world goes on as the one that never stopped", arguments: 0..<8 as Range<UInt64>)
    func restore(seed: UInt64) throws {
        let script = Self.script(seed, ticks: 40)
        let engine = Self.engine(seed)
        var other = Self.engine(seed)
        for (index, batch) in script.enumerated() {
            let tick = UInt64(index + 1)
            let output = engine.execute(tick: tick, utcMilliseconds: 5, inputs: batch)
            let same = other.execute(tick: tick, utcMilliseconds: 5, inputs: batch)
            #expect(output.stateHash == same.stateHash && output.outcomes == same.outcomes && output.changes.rows == same.changes.rows)
            #expect(output.outcomeBytes == same.outcomeBytes && output.changes.bytes == same.changes.bytes)
            if index % 7 == 3 { other = try WorldEngine.restore(Sandbox.self, from: MemorySource(other.image().bytes)) }
        }
    }

    @Test("draws inside queries follow from the transaction, the query and the entity, and from nothing that ran before")
    func drawsInQueries() {
        let engine = Self.engine(1)
        func draws(_ seed: UInt64, queries: Int) -> [[UInt64]] {
            var turn = Turn(engine.core, avatar: .none, drawSeed: seed)
            return (0..<queries).map { _ in
                var drawn: [UInt64] = []
                turn.each { (visit: inout Visit, _: Place) in drawn += [visit.random(), visit.random()] }
                return drawn
            }
        }
        let first = draws(7, queries: 2)
        _ = draws(8, queries: 3)
        let isSame = draws(7, queries: 2) == first
        #expect(isSame)
        let all = (first + draws(8, queries: 1)).flatMap { $0 }
        #expect(Set(all).count == all.count)
    }

    @Test("the change sets lead a copy to the rows of the world", arguments: 0..<10 as Range<UInt64>)
    func changes(seed: UInt64) {
        let engine = Self.engine(seed)
        var copy = SortedMap<UInt64, [UInt8]>()
        func key(_ entity: Entity, _ component: UInt16) -> UInt64 { entity.raw << 2 | UInt64(component) }
        engine.forEachVisibleRow { copy[key($0, $1)] = $2 }
        for (index, batch) in Self.script(seed, ticks: 30).enumerated() {
            let output = engine.execute(tick: UInt64(index + 1), utcMilliseconds: 0, inputs: batch)
            for entity in output.changes.despawned { for component in 0..<4 as Range<UInt16> { copy[key(entity, component)] = nil } }
            for row in output.changes.rows { copy[key(row.entity, row.component)] = row.bytes.map { Array(output.changes.bytes[$0]) } }
            var truth = SortedMap<UInt64, [UInt8]>()
            engine.forEachVisibleRow { truth[key($0, $1)] = $2 }
            #expect(copy == truth)
            #expect(output.changes.rows.allSatisfy { $0.component != 2 }, "a server component left the host")
        }
    }

    @Test("every byte of an image is covered", arguments: [0, 1] as [UInt64])
    func damagedImage(seed: UInt64) {
        let engine = Self.engine(seed)
        for (index, batch) in Self.script(seed, ticks: 8).enumerated() { _ = engine.execute(tick: UInt64(index + 1), utcMilliseconds: 0, inputs: batch) }
        // Every component has rows now; those of the last one stand at the end.
        _ = engine.execute(tick: 101, utcMilliseconds: 0, inputs: [.intent(session: 1, kind: 0, payload: [0, 0, 0, 2])])
        let image = engine.image().bytes
        var random = RandomSource(seed: seed)
        for place in (0..<300).map({ _ in random.below(image.count) }) + Array(image.count - 100..<image.count) {
            var damaged = image
            damaged[place] ^= UInt8(1 << random.below(8))
            #expect(throws: ImageError.self) { try WorldEngine.restore(Sandbox.self, from: MemorySource(damaged)) }
        }
        for _ in 0..<100 {
            #expect(throws: ImageError.self) { try WorldEngine.restore(Sandbox.self, from: MemorySource(Array(image.prefix(random.below(image.count))))) }
        }
    }

    @Test("arrivals, refusals, departures and intents do what they say")
    func lifecycle() throws {
        let world = TestWorld(Sandbox.self)
        #expect(world.expectJoinRefused("banned", .notAllowed)?.text == "banned may not enter")
        let ada = try world.join("ada")
        let avatar = ada.avatar
        ada.steer(Steer(dx: 4))
        world.run()
        #expect(ada.row(Steer.self)?.dx == 4)
        ada.disconnect()
        world.run()
        #expect(ada.row(Steer.self) == nil && world.entities.contains(avatar))
        try world.join("ada")
        #expect(ada.avatar == avatar)
        ada.leave()
        world.run()
        #expect(!world.entities.contains(avatar))
    }

    @Test("an intent that breaks a rule, is cut short or comes from no session is dropped, and the one before it stays")
    func droppedIntents() throws {
        let engine = Self.engine(1)
        func run(_ inputs: [Input]) -> TickOutput { engine.execute(tick: engine.tick + 2, utcMilliseconds: 0, inputs: inputs) }
        func steer(_ session: UInt64, _ payload: [UInt8]) -> Input { .intent(session: session, kind: 0, payload: payload) }
        let avatar = try run([.arrive(session: 1, .guest("ada")), steer(1, [0, 0, 0, 4])]).arrivals[0].result.get()
        #expect(run([steer(1, [0, 0, 0, 6]), steer(1, [0]), steer(9, [0, 0, 0, 1])]).droppedIntents == 3)
        #expect(engine.row(avatar, 3) == [0, 0, 0, 4])
    }

    @Test("a departure from a world that keeps avatars removes the intents, and the account gets its avatar again")
    func keptAvatar() throws {
        let world = TestWorld(Harbour.self)
        let ada = try world.join("ada")
        for end in [ada.leave, ada.disconnect] {
            ada.steer(Steer(dx: 2))
            world.run()
            #expect(ada.row(Steer.self)?.dx == 2)
            end()
            world.run()
            #expect(ada.row(Steer.self) == nil && ada.row(Place.self) != nil)
            try world.join("ada")
        }
        #expect(world.entities == [ada.avatar])
    }

    @Test("an account that arrives under another name has its avatar, and the world its new name")
    func renamed() throws {
        let engine = WorldEngine(Harbour.self, number: 3, seed: 1)
        let id = AccountID(raw: 7)
        var avatars: [Entity] = []
        for (session, name) in ["ada", "countess", "ada"].enumerated() {
            let arrival = Input.arrive(session: UInt64(session), Identity(id: id, name: name))
            avatars.append(try engine.execute(tick: engine.tick + 1, utcMilliseconds: 0, inputs: [arrival]).arrivals[0].result.get())
            #expect(engine.name(of: id) == name)
            let before = engine.stateHash
            _ = engine.execute(tick: engine.tick + 1, utcMilliseconds: 0, inputs: [.depart(session: UInt64(session))])
            #expect(engine.name(of: id) == name && engine.stateHash != before)
        }
        #expect(Set(avatars).count == 1 && engine.name(of: Identity.guest("ada").id) == nil)
    }

    @Test("a command against a rule is refused with the field named, runs no line of the world's, and changes nothing")
    func brokenRules() throws {
        let world = TestWorld(Harbour.self)
        let ada = try world.join("ada")
        let state = world.state
        for by in [5.1, -.infinity, .nan] { #expect(ada.expectRefused(Sail(by: by), .ruleBroken)?.field == "by") }
        for speed in [Float.nan, .infinity] {
            #expect(ada.expectRefused(Sail(by: 1, speed: speed), .ruleBroken)?.field == "speed")
            #expect(world.events(Noted.self).isEmpty && world.state == state)
        }
    }

    @Test("a disc around an avatar that was named before it moved lies where the avatar is when the tick ends")
    func disc() throws {
        let world = TestWorld(Harbour.self)
        let (ada, bob) = (try world.join("ada"), try world.join("bob"))
        for (x, isIn) in [(13, true), (14, false)] as [(Int32, Bool)] {
            try world.change { turn throws(Refusal) in
                try turn.set(ada.avatar, Place(x: 1, y: 1))
                try turn.set(bob.avatar, Place(x: x, y: 1))
            }
            try ada.call(Sail(by: 5, speed: 1))
            #expect(ada.row(Place.self)?.x == 6 && bob.events(Noted.self).isEmpty != isIn)
        }
    }

    @Test("commands are refused by kind, structure and rule, and answer with their result")
    func commands() throws {
        let engine = Self.engine(1)
        _ = engine.execute(tick: 1, utcMilliseconds: 0, inputs: [.arrive(session: 1, .guest("ada"))])
        func outcome(_ input: Input) throws -> Outcome {
            let output = engine.execute(tick: engine.tick + 2, utcMilliseconds: 0, inputs: [input])
            var reader = ByteReader(Array(output.bytes(of: output.outcomes[0])))
            return try Outcome(reading: &reader)
        }
        func code(_ outcome: Outcome) -> Refusal.Code? { if case .refused(let refusal) = outcome { refusal.code } else { nil } }
        #expect(code(try outcome(.command(session: 1, sequence: 1, kind: 77, payload: []))) == .unknownKind)
        #expect(code(try outcome(.command(session: 1, sequence: 1, kind: 0, payload: [0]))) == .invalid)
        #expect(code(try outcome(.command(session: 1, sequence: 1, kind: 0, payload: [0, 0, 2]))) == .invalid)
        #expect(code(try outcome(.command(session: 4, sequence: 1, kind: 1, payload: []))) == .notFound)
        guard case .applied(let row) = try outcome(.command(session: 1, sequence: 2, kind: 1, payload: [])) else { Issue.record("not applied"); return }
        #expect(row.count == 8)
        #expect(engine.check(command: 0, [0, 0, 2])?.code == .invalidBool(2))
    }

    @Test("a command acts for whom its session stands at that place of the batch")
    func orderInBatch() throws {
        let engine = Self.engine(1)
        func outcomes(_ output: TickOutput) throws -> [Bool] { output.outcomes.map { output.bytes(of: $0).first == 0 } }
        func count(_ session: UInt64) -> Input { .command(session: session, sequence: 1, kind: 1, payload: []) }
        var batch: [Input] = [count(1), .arrive(session: 1, .guest("ada")), count(1), count(2)]
        batch += Array(repeating: count(1), count: 150)
        batch += [
            .resume(session: 2, from: 1), count(1), count(2), .intent(session: 2, kind: 0, payload: [0, 0, 0, 1]), count(2), .depart(session: 2), count(2),
        ]
        let output = engine.execute(tick: 1, utcMilliseconds: 0, inputs: batch)
        let expected = [false, true, false] + Array(repeating: true, count: 150) + [false, true, true, false]
        #expect(try outcomes(output) == expected && output.droppedIntents == 0)
        #expect(output.outcomes.last?.bytes.upperBound == output.outcomeBytes.count)
        #expect(zip(output.outcomes, output.outcomes.dropFirst()).allSatisfy { $0.bytes.upperBound == $1.bytes.lowerBound })
    }
}

/// Its avatars stay when their accounts leave.
private enum Harbour: World {
    static let name = "harbour"
    static let pace = Pace.onDemand
    @PartsBuilder static var parts: Parts {
        Place.self
        Sight(\Place.x, \Place.y, inner: 100, outer: 120)
        Steer.self
        Sail.self
        Noted.self
    }

    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if let known = turn.avatar(of: identity.id) { return known }
        let avatar = try turn.spawn()
        try turn.set(avatar, Place(x: 1, y: 1))
        return avatar
    }

    static func depart(_ avatar: Entity, _ turn: inout Turn) {}
}

private struct Sail: Command {
    var by: Double = 0
    var speed: Float = 0
    static var fields: [FieldRule<Self>] { [.range(\.by, -5...5), .finite(\.speed)] }

    static func run(_ sail: Sail, _ turn: inout Turn) throws(Refusal) {
        turn.emit(Noted(count: 1), to: .disc(around: turn.avatar, radius: 7))
        try turn.update(turn.avatar, Place.self) { $0.x += Int32(sail.by) }
    }
}
