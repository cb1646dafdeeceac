import OrgeImage
import OrgeJournal
import OrgeSchema
import OrgeSimulatedDisk
import OrgeWorld
import Testing

@testable import OrgeHost

/// One world in two versions. The second has the sum in another unit under another name, no marks, and a rank for each avatar.
private protocol Version: World {}

extension Version {
    static var name: String { "tally" }
    static var pace: Pace { .onDemand }
    static var keyMemory: KeyMemory? { KeyMemory(seconds: 600, limit: 100, perAccount: 100) }
    static var readsUTC: Bool { true }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if let avatar = turn.avatar(of: identity.id) { return avatar }
        return try turn.spawn()
    }
    static func depart(_ avatar: Entity, _ turn: inout Turn) {}
}

private enum First: Version {
    @PartsBuilder static var parts: Parts {
        Sum.self
        Mark.self
        Add.self
        Said.self
    }

    struct Sum: Component { var units: Int32 = 0 }
    struct Mark: Component { var number: UInt8 = 3 }
    struct Said: Event { var units: Int32 = 0 }

    struct Add: Command {
        var units: Int32 = 0
        static func run(_ add: Add, _ turn: inout Turn) throws(Refusal) -> Sum {
            var sum: Sum = turn.find(turn.avatar) ?? Sum()
            sum.units += add.units
            try turn.set(turn.avatar, sum)
            try turn.set(turn.avatar, Mark())
            turn.emit(Said(units: sum.units), to: .all)
            return sum
        }
    }
}

private enum Second: Version {
    static let version: UInt16 = 2
    @PartsBuilder static var parts: Parts {
        Rank.self
        Sum.self
        Reset.self
        Add.self
    }

    static var migrations: [WorldMigration] { [.dropped("mark"), .step(before: 2, rank)] }

    private static func rank(_ turn: inout Turn) throws(Refusal) {
        var avatars: [Entity] = []
        turn.each { (visit: inout Visit, _: Sum) in avatars.append(visit.entity) }
        for avatar in avatars { try turn.set(avatar, Rank(number: 9)) }
    }

    struct Rank: Component { var number: UInt16 = 0 }
    struct Sum: Component {
        var tenths: Int64 = 0
        static var migrations: [Migration<Self>] { [.converted("units", Int32.self, to: \.tenths) { Int64($0) * 10 }] }
    }
    struct Reset: Command { static func run(_ reset: Reset, _ turn: inout Turn) throws(Refusal) { try turn.set(turn.avatar, Sum()) } }

    struct Add: Command {
        var units: Int32 = 0
        static func run(_ add: Add, _ turn: inout Turn) throws(Refusal) -> Sum {
            var sum: Sum = turn.find(turn.avatar) ?? Sum()
            sum.tenths += Int64(add.units) * 10
            try turn.set(turn.avatar, sum)
            return sum
        }
    }
}

private enum Named: World {
    static let name = "labels"
    @PartsBuilder static var parts: Parts { Label.self }
    static func start(_ turn: inout Turn) {
        do throws(Refusal) { try turn.set(try turn.spawn(), Label(name: "one")) } catch { preconditionFailure("\(error)") }
    }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
    struct Label: Component { var name = Text<8>() }
}

private enum Renamed: World {
    static let name = "labels"
    @PartsBuilder static var parts: Parts { Label.self }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
    struct Label: Component {
        var title = Text<8>()
        static var migrations: [Migration<Self>] { [.renamed("name", to: \.title)] }
    }
}

private enum Longer: World {
    static let name = "labels"
    @PartsBuilder static var parts: Parts { Label.self }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
    struct Label: Component { var name = Text<16>() }
}

@Suite("A host that starts on data of an earlier schema") struct MigrationTests {
    private static func add(_ units: Int32) -> [UInt8] {
        var writer = ByteWriter()
        writer.u32(UInt32(bitPattern: units))
        return writer.bytes
    }

    private static let key = IdempotencyKey(high: 1, low: 2)

    /// A disk on which the first version has run and was settled.
    private static func settled(seed: UInt64) throws -> SimulatedStorage {
        let rig = HostRig<First>(seed: seed)
        try rig.start(codeID: "first")
        let edge = rig.addEdge(id: 1)
        for name in ["anna", "bert", "carl"] {
            let client = edge.join(name)
            try rig.settle(rounds: 5)
            edge.command(client, 0, add(Int32(name.utf8.first ?? 0)), key: key)
        }
        try rig.settle(rounds: 5)
        rig.crash(losesPower: false, seed: seed)
        let journal = try Journal.open(
            rig.storage, schema: WorldEngine.schema(of: First.self), number: 3, seedIfNew: seed, codeID: "first", holder: 1, settles: true)
        _ = try RecoveredHost.settle(First.self, journal, codeID: "first")
        rig.crash(losesPower: false, seed: seed)
        return rig.storage
    }

    /// Sum and rank of the first three avatars.
    private static func sums(_ rig: HostRig<Second>) -> [String] {
        let engine = rig.machine!.state.engine
        return engine.values(Second.Sum.self).prefix(3).map { entity, sum in
            "\(sum.tenths) \(engine.value(entity, Second.Rank.self)?.number ?? 0)"
        }
    }

    private static let migrated = ["970 9", "980 9", "990 9"]

    @Test("Without leave it does not start, and the first version still does")
    func leave() throws {
        let storage = try Self.settled(seed: 1)
        let second = HostRig(Second.self, storage: storage)
        #expect(throws: StartFailure.self) { try second.start(codeID: "second") }
        storage.dropLock()
        let first = HostRig(First.self, storage: storage)
        try first.start(codeID: "first")
        #expect(first.machine!.state.engine.entityCount == 3)
    }

    @Test("A power cut at any operation of the start leaves either version in charge, and the next start comes to the same state")
    func cuts() throws {
        let settled = try Self.settled(seed: 2)
        let whole = settled.copy()
        let before = whole.operationCount
        let rig = HostRig(Second.self, seed: 2, storage: whole)
        try rig.start(codeID: "second", migrates: true)
        #expect(Self.sums(rig) == Self.migrated)
        let hash = rig.machine!.state.stateHash
        var endings = [0, 0]
        for operation in 0..<whole.operationCount - before {
            let storage = settled.copy()
            var plan = FaultPlan()
            plan.powerCut = storage.operationCount + operation
            storage.inject(plan)
            #expect(throws: StartFailure.self) { try HostRig(Second.self, seed: 2, storage: storage).start(codeID: "second", migrates: true) }
            storage.crash(seed: UInt64(operation))
            let survey = try #require(try Journal.survey(storage))
            // The log says which version is in charge.
            endings[survey.codeID == "first" ? 0 : 1] += 1
            let next = HostRig(Second.self, seed: 2, storage: storage)
            try next.start(codeID: "second", migrates: survey.codeID == "first")
            #expect(Self.sums(next) == Self.migrated && next.machine!.state.stateHash == hash, "operation \(operation)")
        }
        #expect(endings.allSatisfy { $0 > 0 }, "cuts before and after the decision: \(endings)")
    }

    @Test("Later starts come to what the new version has run", arguments: [false, true])
    func replays(losesPower: Bool) throws {
        let rig = HostRig(Second.self, seed: 3, storage: try Self.settled(seed: 3))
        rig.refusesImages = true
        try rig.start(codeID: "second", migrates: true)
        let edge = rig.addEdge(id: 2)
        let client = edge.join("dora")
        try rig.settle(rounds: 5)
        edge.command(client, 1, Self.add(7))
        try rig.settle(rounds: 5)
        let (tick, hash) = (rig.tick, rig.machine!.state.stateHash)
        rig.crash(losesPower: losesPower, seed: 3)
        try rig.start(codeID: "second")
        #expect(rig.tick == tick && rig.machine!.state.stateHash == hash)
        #expect(Self.sums(rig) == Self.migrated)
    }

    @Test("What was applied under a key is not run again, also where the command has another number; a result of another layout is left out")
    func keys() throws {
        let rig = HostRig(Second.self, seed: 4, storage: try Self.settled(seed: 4))
        try rig.start(codeID: "second", migrates: true)
        let edge = rig.addEdge(id: 2)
        // The edge of before does not come back.
        rig.now += HostLimits.edgeGrace + 1
        try rig.settle(rounds: 5)
        let anna = edge.join("anna")
        try rig.settle(rounds: 5)
        edge.command(anna, 1, Self.add(97), key: Self.key)
        edge.command(anna, 1, Self.add(98), key: Self.key)
        try rig.settle(rounds: 5)
        let outcomes = try edge.clients[anna].outcomes.map { outcome in
            var reader = ByteReader(outcome.bytes)
            return try Outcome(reading: &reader)
        }
        #expect(outcomes.count == 2)
        guard case .repeated(_, let result)? = outcomes.first else {
            Issue.record("it was run: \(outcomes)")
            return
        }
        #expect(result.isEmpty)
        guard case .refused(let refusal)? = outcomes.last, refusal.code == .keyReused else { Issue.record("another command: \(outcomes)"); return }
        #expect(Self.sums(rig) == Self.migrated)
    }

    @Test("A component of which only a name or a length has changed is migrated", arguments: [1, 2])
    func alone(change: Int) throws {
        let host = HostState(new: WorldEngine(Named.self, number: 1, seed: 1))
        let image = host.writeImage(ImageHeader(tick: 0), to: MemoryImage()).bytes
        if change == 1 {
            let engine = try HostState.migrate(Renamed.self, from: MemorySource(image)).takeState().engine
            #expect(engine.values(Renamed.Label.self).map(\.row.title) == ["one"])
        } else {
            let engine = try HostState.migrate(Longer.self, from: MemorySource(image)).takeState().engine
            #expect(engine.values(Longer.Label.self).map(\.row.name) == ["one"])
        }
    }

    @Test("Events of another layout are dropped, and counted")
    func events() throws {
        let storage = try Self.settled(seed: 5)
        let image = try #require(try Journal.inspect(storage).image)
        let before = try HostState.restore(First.self, from: image.source)
        let after = try HostState.migrate(Second.self, from: image.source).takeState()
        #expect(before.events.ticks.map(\.events.count).reduce(0, +) == 3 && after.events.ticks.isEmpty)
        #expect(after.events.drops.last?.total == 3)
        #expect(throws: ImageError.self, "that is for its own schema") { _ = try HostState.restore(Second.self, from: image.source) }
    }
}
