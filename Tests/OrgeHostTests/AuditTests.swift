import OrgeLink
import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

@Suite("Audits")
struct AuditTests {
    private struct Row: Equatable {
        var entity: Entity
        var component: UInt16
        var hash: UInt64
        var isInner: Bool
    }

    private func rows(_ answers: [HostAudit]) throws -> [Row] {
        var rows: [Row] = []
        for answer in answers {
            var reader = ByteReader(Array(answer.bytes[answer.rows.range]))
            while !reader.isAtEnd {
                rows.append(Row(entity: try reader.entity(), component: try reader.u16(), hash: try reader.u64(), isInner: try reader.flag()))
            }
        }
        return rows
    }

    @Test("a player's audit is its disc and what it owns; a monitor's is everything public; both follow the release of their tick")
    func answers() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let anna = edge.join("anna")
        let bert = edge.join("bert")
        try rig.settle()
        edge.audit(7, session: edge.clients[anna].session!)
        edge.audit(8, session: 0)
        edge.command(bert, TallyBytes.step, TallyBytes.step(1))
        try rig.settle()
        let engine = rig.machine!.state.engine
        let avatar = edge.clients[anna].avatar
        let center = try #require(engine.place(of: avatar))
        let mine = try rows(edge.audits.filter { $0.request == 7 })
        var expected: [(Entity, UInt16)] = []
        engine.forEachVisibleRow { entity, component, _ in
            let isOwned = entity == avatar
            let distance = engine.place(of: entity).map { abs($0.x - center.x) } ?? .infinity
            guard isOwned || distance <= 120, isOwned || component != 3 else { return }
            expected.append((entity, component))
        }
        expected.sort { $0 < $1 }
        #expect(mine.map(\.entity) == expected.map(\.0) && mine.map(\.component) == expected.map(\.1))
        for row in mine {
            let distance = engine.place(of: row.entity).map { abs($0.x - center.x) } ?? .infinity
            #expect(row.isInner == (row.entity == avatar || distance <= 100))
        }
        let all = try rows(edge.audits.filter { $0.request == 8 })
        #expect(!all.contains { $0.component == 3 || $0.component == 2 }, "neither purses nor what is the host's own")
        #expect(all.count(where: \.isInner) == all.count)
        #expect(all.count == 20 + 2 * 2)
    }

    @Test("an audit asked while ticks are held follows the last of them")
    func held() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let anna = edge.join("anna")
        try rig.settle()
        edge.command(anna, TallyBytes.step, TallyBytes.step(1))
        rig.deliver()
        rig.turn()
        edge.audit(1, session: edge.clients[anna].session!)
        rig.deliver()
        #expect(edge.audits.isEmpty)
        try rig.commit()
        #expect(edge.audits.map(\.tick) == [rig.tick])
    }

    @Test("a player's audit is the same as by looking at every row, whatever happened before", arguments: 0..<8 as Range<UInt64>)
    func agrees(seed: UInt64) throws {
        let (rig, edge) = try HostRig<Tally>.withEdge(seed: seed)
        let clients = (0..<4).map { edge.join("p\($0)") }
        try rig.settle()
        var random = RandomSource(seed: seed)
        for round in 0..<12 as Range<UInt64> {
            for client in clients where random.chance(1, outOf: 2) {
                edge.command(client, TallyBytes.step, TallyBytes.step(Int32(random.within(-60...60))))
                edge.command(client, TallyBytes.give, TallyBytes.give(edge.clients[clients[random.below(4)]].avatar, Int64(random.below(3))))
            }
            try rig.settle()
            guard random.chance(2, outOf: 3) else { continue }
            let client = clients[random.below(4)]
            edge.audits = []
            edge.audit(round, session: edge.clients[client].session!)
            try rig.settle()
            #expect(try rows(edge.audits) == plainAnswer(rig.machine!.state.engine, avatar: edge.clients[client].avatar))
        }
    }

    @Test("the index of owners agrees with all rows after any ticks, steps and scans", arguments: 0..<10 as Range<UInt64>)
    func owners(seed: UInt64) {
        let engine = WorldEngine(Bags.self, number: 3, seed: seed)
        var random = RandomSource(seed: seed ^ 0xba65)
        var index: OwnedEntities?
        for tick in 1...60 as ClosedRange<UInt64> {
            let changes = engine.execute(tick: tick, utcMilliseconds: 0, inputs: []).changes
            index?.append(changes)
            if index == nil { index = OwnedEntities(engine.schema) }
            if random.chance(1, outOf: 3) { index!.step(engine) }
            guard random.chance(1, outOf: 4) else { continue }
            while !index!.isUpToDate { index!.step(engine) }
            let plain = plainOwned(engine)
            for owner in engine.entities where owner.slot < 40 { #expect(index!.entities(of: owner) == plain[owner] ?? []) }
            if random.chance(1, outOf: 3) { index = nil }
        }
    }

    private func plainOwned(_ engine: WorldEngine) -> [Entity: [Entity]] {
        var owned: [Entity: Set<Entity>] = [:]
        engine.forEachVisibleRow { entity, _, row in
            owned[Entity(raw: row[0..<8].reduce(0) { $0 << 8 | UInt64($1) }), default: []].insert(entity)
        }
        return owned.mapValues { $0.sorted() }
    }

    /// What the answer must be, by looking at every row.
    private func plainAnswer(_ engine: WorldEngine, avatar: Entity) -> [Row] {
        let components = engine.schema.components
        let sight = engine.schema.position!
        let center = engine.place(of: avatar)!
        var found: [(row: Row, isOwnerOnly: Bool)] = []
        var owners: [(entity: Entity, owner: Entity)] = []
        engine.forEachVisibleRow { entity, component, bytes in
            let known = components[Int(component)]
            let hash = ValueHash.of(component: component, row: bytes)
            found.append((Row(entity: entity, component: component, hash: hash, isInner: false), known.visibility == .owner))
            guard let offset = known.row.ownerOffset else { return }
            owners.append((entity, Entity(raw: bytes[offset..<offset + 8].reduce(0) { $0 << 8 | UInt64($1) })))
        }
        found.sort { ($0.row.entity, $0.row.component) < ($1.row.entity, $1.row.component) }
        return found.compactMap { row, isOwnerOnly in
            let isOwned = row.entity == avatar || owners.contains { $0.entity == row.entity && $0.owner == avatar }
            let square = engine.place(of: row.entity).map { ($0.x - center.x) * ($0.x - center.x) + ($0.y - center.y) * ($0.y - center.y) } ?? .infinity
            guard isOwned || (!isOwnerOnly && square <= sight.outer * sight.outer) else { return nil }
            var row = row
            row.isInner = isOwned || square <= sight.inner * sight.inner
            return row
        }
    }

    @Test("audits that cost more than their share wait for it, and the last of many is told that the host is busy")
    func budget() throws {
        let (rig, edge) = try HostRig<Tally>.withEdge()
        let anna = edge.join("anna")
        try rig.settle()
        rig.auditNanoseconds = 2_500_000
        let count = HostLimits.auditsWaiting + 3
        for request in 1...count { edge.audit(UInt64(request), session: edge.clients[anna].session!) }
        rig.deliver()
        try rig.commit()
        #expect(edge.audits.count(where: \.isBusy) == 3, "those that came when as many waited as may")
        #expect(edge.audits.count { !$0.isBusy } == 1)
        // 2.5 ms each, a twentieth of the time: one in 50 ms, until those that wait have waited too long.
        for _ in 0..<210 {
            rig.turn(after: 25_000_000)
            try rig.commit()
        }
        let answered = edge.audits.count { !$0.isBusy }
        #expect((95...101).contains(answered), "\(answered) in five seconds")
        #expect(edge.audits.count == count, "each got its answer")
        #expect(Set(edge.audits.map(\.request)).count == count)
    }

    @Test("a monitor's audit of a world that is too large to be read in one piece is refused as busy")
    func largeWorld() throws {
        let (rig, edge) = try HostRig<Plain>.withEdge()
        try rig.settle()
        edge.audit(9, session: 0)
        try rig.settle()
        #expect(edge.audits.map(\.request) == [9] && edge.audits.allSatisfy(\.isBusy))
    }
}

/// Things that are owned in two ways, and lose, change and outlive their owners.
private enum Bags: World {
    static let name = "bags"
    @PartsBuilder static var parts: Parts {
        Item.self
        Claim.self
        Churn.self
    }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
}

private struct Item: Component {
    var owner = Entity.none
    static var fields: [FieldRule<Self>] { [.owner(\.owner)] }
}

private struct Claim: Component {
    var owner = Entity.none
    var weight: UInt32 = 0
    static var fields: [FieldRule<Self>] { [.owner(\.owner)] }
}

private enum Churn: System {
    static var reads: [any Component.Type] { [] }
    static var writes: [any Component.Type] { [Item.self, Claim.self] }

    /// Thousands of rows, so that a scan takes several steps; entities of the first slots are the owners.
    static func run(_ turn: inout Turn) {
        do throws(Refusal) {
            for _ in 0..<(turn.tick == 1 ? 6_000 : 40) {
                let entity = try turn.spawn()
                if turn.random(in: 0...3) > 0 { try turn.set(entity, Item(owner: owner(&turn))) }
                if turn.random(in: 0...3) == 0 { try turn.set(entity, Claim(owner: owner(&turn), weight: 1)) }
            }
            for _ in 0..<40 {
                let entity = Entity(world: 3, generation: UInt32(turn.random(in: 1...2)), slot: UInt32(turn.random(in: 0...5_999)))
                guard turn.isAlive(entity) else { continue }
                switch turn.random(in: 0...3) {
                case 0: try turn.set(entity, Item(owner: owner(&turn)))
                case 1: turn.remove(entity, Claim.self)
                case 2: try turn.set(entity, Claim(owner: owner(&turn), weight: UInt32(turn.random(in: 0...9))))
                default: turn.despawn(entity)
                }
            }
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private static func owner(_ turn: inout Turn) -> Entity {
        Entity(world: 3, generation: UInt32(turn.random(in: 1...2)), slot: UInt32(turn.random(in: 0...39)))
    }
}

/// More entities than a monitor's audit reads.
private enum Plain: World {
    static let name = "plain"
    static let pace = Pace.onDemand
    @PartsBuilder static var parts: Parts { Item.self }
    static func start(_ turn: inout Turn) {
        for _ in 0...HostLimits.monitorAuditEntities { _ = try? turn.spawn() }
    }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
}
