import OrgeLink
import OrgeSchema
import OrgeWorld
import OrgeWorldTesting
import Testing

@testable import OrgeHost

/// What edges of a large world are sent, against a count of every row by the rule in `docs/formats/link.md`.
@Suite("Interest of edges")
struct InterestTests {
    @Test("each edge holds what the rule says, whatever happens to entities, sessions, links and hosts", arguments: 0..<24 as Range<UInt64>)
    func rule(seed: UInt64) throws {
        let rig = try HostRig<Herd>.started(seed: seed, largeWorld: seed % 3 == 0 ? 200 : 1)
        let edges = (1...3 as ClosedRange<UInt64>).map { rig.addEdge(id: $0) }
        var random = RandomSource(seed: seed ^ 0x1357)
        var accounts = 0
        try rig.settle(rounds: 4)
        for round in 0..<60 {
            for edge in edges where edge.link != nil {
                let playing = edge.clients.indices.filter { edge.clients[$0].session != nil && edge.clients[$0].ended == nil && edge.clients[$0].ending == nil }
                for client in playing where random.chance(1, outOf: 2) { edge.command(client, 0, Stir.bytes(random.next())) }
                if playing.count < 3, random.chance(1, outOf: 4) {
                    accounts += 1
                    _ = edge.join("p\(accounts)")
                }
                if let gone = playing.first, random.chance(1, outOf: 8) { edge.end(gone, random.chance(1, outOf: 2) ? .left : .detached) }
                if random.chance(1, outOf: 10) { edge.want(all: !edge.wantsAll) }
                if random.chance(1, outOf: 10) { rig.disconnect(edge) }
            }
            rig.deliver()
            rig.turn()
            if random.chance(1, outOf: 3) { try rig.commit() }
            if random.chance(1, outOf: 12) {
                if random.chance(1, outOf: 2) { try rig.settle(rounds: 3) }
                rig.crash(losesPower: random.chance(1, outOf: 2), seed: random.next())
                try rig.restart()
            }
            for edge in edges where edge.link == nil && random.chance(1, outOf: 2) { rig.connect(edge) }
            if random.chance(1, outOf: 3) {
                try rig.settle(rounds: 6)
                for edge in edges where edge.link != nil { check(edge, rig, "seed \(seed), round \(round)") }
            }
        }
    }

    @Test("an edge that holds its interest resumes after a host's restart without an image")
    func resumes() throws {
        let rig = try HostRig<Herd>.started(seed: 5, largeWorld: 1)
        let edge = rig.addEdge(id: 1)
        let anna = edge.join("anna")
        try rig.settle()
        edge.command(anna, 0, Stir.bytes(7))
        try rig.settle()
        #expect(!edge.holdsAll)
        let images = edge.images
        rig.crash(losesPower: false, seed: 1)
        try rig.restart()
        edge.command(anna, 0, Stir.bytes(8))
        try rig.settle()
        #expect(edge.images == images && edge.resumed == 1)
        check(edge, rig, "after a restart")
    }

    @Test("an edge gets all of a world when it asks, and its interest when it no longer does; a growing world becomes large")
    func changes() throws {
        let rig = try HostRig<Herd>.started(seed: 9, largeWorld: Herd.count + 4)
        let edge = rig.addEdge(id: 1)
        let anna = edge.join("anna")
        try rig.settle()
        #expect(edge.holdsAll, "the world is small")
        edge.command(anna, 1, [])
        try rig.settle()
        #expect(!edge.holdsAll, "\(rig.machine!.state.engine.entityCount) entities")
        check(edge, rig, "large")
        let before = edge.rows.count
        edge.want(all: true)
        try rig.settle()
        #expect(edge.holdsAll && edge.rows.count > before)
        check(edge, rig, "all")
        edge.want(all: false)
        try rig.settle()
        #expect(!edge.holdsAll)
        check(edge, rig, "its interest again")
    }

    @Test("the herd itself comes from the same inputs to the same state")
    func sound() { expectSound(Herd.self, seeds: 1...1, ticks: 60) }

    /// The edge has exactly the rows that it is to have after the last tick.
    private func check(_ edge: TestEdge, _ rig: HostRig<Herd>, _ story: String) {
        let engine = rig.machine!.state.engine
        var expected: [Entity: [UInt16: [UInt8]]] = [:]
        engine.forEachVisibleRow { expected[$0, default: [:]][$1] = $2 }
        if edge.wantsAll { #expect(edge.holdsAll, "\(story): edge \(edge.id) waits for all of the world") }
        if !edge.holdsAll {
            let centers = rig.machine!.state.table.sessions.values.filter { $0.attachment.edge == edge.id }.compactMap { engine.place(of: $0.avatar) }
            expected = expected.filter { entity, rows in
                if let owner = rows[Herd.owned], owner.contains(where: { $0 != 0 }) { return true }
                guard let place = engine.place(of: entity) else { return true }
                return centers.contains { touches(place.x, $0.x) && touches(place.y, $0.y) }
            }
        }
        let held = Dictionary(
            uniqueKeysWithValues: edge.rows.filter { !$0.1.isEmpty }.map { entity, rows in
                (entity, Dictionary(uniqueKeysWithValues: rows.map { ($0, $1) }))
            })
        #expect(edge.lastTick == engine.tick, "\(story): edge \(edge.id)")
        let differing = Set(held.keys).union(expected.keys).filter { held[$0] != expected[$0] }.sorted()
        let first = differing.first.map { entity in
            "\(entity) at \(String(describing: engine.place(of: entity))): held \(held[entity] ?? [:]), expected \(expected[entity] ?? [:])"
        }
        #expect(differing.isEmpty, "\(story): edge \(edge.id) holds \(edge.holdsAll ? "all" : "its interest"); \(first ?? "")")
    }

    /// Whether the cell that the place is in, its edges included, is touched by a disc around the center, on one axis.
    private func touches(_ place: Double, _ center: Double) -> Bool {
        let side = Herd.outer / 2
        let low = (place / side).rounded(.down) * side
        return low <= center + Herd.outer && low + side >= center - Herd.outer
    }
}

/// Entities that come, go, move, lose and get places, owners and other rows.
private enum Herd: World {
    static let name = "herd"
    static let pace = Pace.onDemand
    static let count = 300
    static let outer = 60.0
    static let owned: UInt16 = 1
    @PartsBuilder static var parts: Parts {
        Spot.self
        Mark.self
        Sum.self
        Hidden.self
        Sight(\Spot.x, \Spot.y, inner: 50, outer: outer)
        Stir.self
        Breed.self
    }

    static func start(_ turn: inout Turn) {
        do throws(Refusal) {
            for _ in 0..<count { try add(&turn) }
        } catch {
            preconditionFailure("\(error)")
        }
    }

    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        let avatar = try turn.spawn()
        if turn.random(in: 0...7) > 0 { try turn.set(avatar, spot(&turn)) }
        return avatar
    }

    static func add(_ turn: inout Turn) throws(Refusal) {
        let entity = try turn.spawn()
        if turn.random(in: 0...15) > 0 { try turn.set(entity, spot(&turn)) }
        if turn.random(in: 0...1) == 0 { try turn.set(entity, Sum(total: 1)) }
        if turn.random(in: 0...3) == 0 { try turn.set(entity, Hidden(value: 1)) }
        if turn.random(in: 0...15) == 0 { try turn.set(entity, Mark(owner: entity)) }
    }

    /// Some lie exactly on the edges of cells, which are 30 wide.
    static func spot(_ turn: inout Turn) -> Spot {
        let isOnEdge = turn.random(in: 0...3) == 0
        func coordinate(_ turn: inout Turn) -> Int32 { Int32(isOnEdge ? turn.random(in: -15...15) * 30 : turn.random(in: -450...450)) }
        return Spot(x: coordinate(&turn), y: coordinate(&turn))
    }
}

private struct Mark: Component {
    var owner = Entity.none
    static var fields: [FieldRule<Self>] { [.owner(\.owner)] }
}

/// Changes some forty entities, the sender's avatar often among them.
private struct Stir: Command {
    var salt: UInt64 = 0

    static func bytes(_ salt: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: salt >> (56 - 8 * UInt64($0))) } }

    static func run(_ stir: Stir, _ turn: inout Turn) throws(Refusal) {
        if turn.random(in: 0...1) == 0 { try turn.set(turn.avatar, Herd.spot(&turn)) }
        for _ in 0..<40 {
            let entity = Entity(world: turn.avatar.world, generation: UInt32(turn.random(in: 1...3)), slot: UInt32(turn.random(in: 0...Herd.count + 20)))
            guard turn.isAlive(entity), entity != turn.avatar else { continue }
            switch turn.random(in: 0...9) {
            case 0: turn.despawn(entity)
            case 1: try Herd.add(&turn)
            case 2: turn.remove(entity, Spot.self)
            case 3: try turn.set(entity, Mark(owner: turn.random(in: 0...1) == 0 ? .none : turn.avatar))
            case 4: turn.remove(entity, Mark.self)
            case 5: turn.remove(entity, Sum.self)
            case 6: try turn.set(entity, Sum(total: stir.salt))
            case 7: try turn.set(entity, Hidden(value: stir.salt))
            default: try turn.set(entity, Herd.spot(&turn))
            }
        }
    }
}

/// Ten more entities.
private struct Breed: Command {
    static func run(_ breed: Breed, _ turn: inout Turn) throws(Refusal) {
        for _ in 0..<10 { try Herd.add(&turn) }
    }
}
