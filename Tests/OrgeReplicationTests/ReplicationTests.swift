import OrgeReplication
import OrgeSchema
import Testing

@Suite("Replica and views against a plain model")
struct ReplicationTests {
    /// A client and what it has been sent.
    struct Client {
        var view: SentView
        var read: ReadView
        /// Its last update is on its way until this tick.
        var stalledUntil: UInt64 = 0
    }

    static func check(_ client: Client, _ model: ModelWorld, _ note: String) {
        let avatar = client.view.avatar
        for (entity, rows) in client.read.rows {
            #expect(rows == model.visibleRows(avatar, entity), "\(note): \(entity) for \(avatar)")
            #expect(model.rows[entity] != nil && model.interest(avatar, entity).may, "\(note): \(entity) is no business of \(avatar)")
        }
        for entity in model.living where model.interest(avatar, entity).must && !model.visibleRows(avatar, entity).isEmpty {
            #expect(client.read.rows[entity] != nil, "\(note): \(entity) is missing for \(avatar)")
        }
    }

    /// What came into view goes out of it at the outer radius, and not before.
    static func checkStayed(_ seen: some Collection<Entity>, _ client: Client, _ model: ModelWorld, _ note: String) {
        let avatar = client.view.avatar
        for entity in seen where model.interest(avatar, entity).may && !model.visibleRows(avatar, entity).isEmpty {
            #expect(client.read.rows[entity] != nil, "\(note): \(entity) left the view of \(avatar) too early")
        }
    }

    /// What a view reports is what its client holds.
    private static func checkReport(_ client: Client, _ replica: borrowing Replica, _ note: String) {
        var reported: [Entity: [UInt16: [UInt8]]] = [:]
        client.view.forEachEntity(replica) { reported[$0] = Dictionary(uniqueKeysWithValues: $1.map { ($0.component, Array($0.row)) }) }
        #expect(reported == client.read.rows, "\(note): the view of \(client.view.avatar)")
    }

    /// Steps a world, with clients that stall at random, and compares every view whenever it is complete.
    static func run(seed: UInt64, hasPlaces: Bool, frameLimit: Int) throws {
        var (model, avatars) = ModelWorld.populated(seed: seed, hasPlaces: hasPlaces)
        var random = RandomSource(seed: seed ^ 0xabcd)
        var replica = Replica(model.schema, number: 5)
        replica.applyImage(of: model)
        var builder = ViewBuilder(frameLimit: frameLimit)
        var clients = (avatars + [.none]).map { Client(view: SentView(avatar: $0, encoding: .plain(isSized: seed % 3 == 0)), read: ReadView(model.schema)) }
        for step in 0..<120 {
            let note = "seed \(seed), step \(step)"
            let old = model
            for _ in 0..<(random.chance(1, outOf: 15) ? 5 : 1) { model.step(keeping: avatars) }
            if model.tick == old.tick + 1 { replica.apply(from: old, to: model) } else { replica.applyImage(of: model) }
            #expect(replica.tick == model.tick && replica.rowCount == model.rows.values.reduce(0) { $0 + $1.count }, "\(note)")
            for index in clients.indices where clients[index].stalledUntil <= model.tick {
                let wasCurrent = clients[index].view.tick == model.tick - 1 && !clients[index].view.isFresh
                let seen = clients[index].read.rows.keys
                let isDue = builder.isDue(clients[index].view, replica)
                var writer = ByteWriter()
                let hasChanged = builder.update(&clients[index].view, replica, to: &writer)
                #expect(hasChanged == !writer.bytes.isEmpty && clients[index].view.tick == model.tick)
                try clients[index].read.read(writer.bytes)
                if wasCurrent {
                    #expect(isDue == hasChanged, "\(note)")
                    #expect(clients[index].read.idleChanges == 0, "\(note): something unchanged was sent")
                }
                #expect(clients[index].read.isComplete)
                check(clients[index], model, note)
                checkStayed(seen, clients[index], model, note)
                if step % 8 == 0 { checkReport(clients[index], replica, note) }
                clients[index].stalledUntil = model.tick + (random.chance(1, outOf: 3) ? UInt64(random.below(8)) : 0)
            }
        }
    }

    @Test("every complete view holds what it must, nothing beyond what it may, and every row as it is", arguments: 1...20 as ClosedRange<UInt64>)
    func viewsWithPlaces(seed: UInt64) throws { try Self.run(seed: seed, hasPlaces: true, frameLimit: 256 * 1024) }

    @Test("without places a client sees its own", arguments: 1...10 as ClosedRange<UInt64>)
    func viewsWithoutPlaces(seed: UInt64) throws { try Self.run(seed: seed, hasPlaces: false, frameLimit: 256 * 1024) }

    @Test("updates split over many small frames say the same", arguments: 1...10 as ClosedRange<UInt64>)
    func splitUpdates(seed: UInt64) throws { try Self.run(seed: seed, hasPlaces: true, frameLimit: 100) }

    @Test("a client that holds the row before the last change is sent differences, one that holds an older row is sent it whole")
    func changes() throws {
        var replica = Replica(TestSchema.make(hasPlaces: false), number: 5)
        var builder = ViewBuilder()
        let entity = Entity(world: 5, generation: 1, slot: 3)
        func row(_ x: Int32) -> [UInt8] { [0, 0, UInt8(x >> 8), UInt8(x & 255), 0, 0, 0, 0] }
        var clients = (0..<2).map { _ in Client(view: SentView(avatar: .none), read: ReadView(replica.schema)) }
        for (tick, x) in [(1, 300), (3, 310), (5, 290)] as [(UInt64, Int32)] {
            replica.begin(tick)
            replica.set(entity, TestSchema.position, row(x), at: 0, count: 8)
            replica.end()
            for index in clients.indices where index == 0 || tick != 3 {
                var writer = ByteWriter()
                let before = clients[index].read.changeBytes
                #expect(builder.update(&clients[index].view, replica, to: &writer))
                try clients[index].read.read(writer.bytes)
                #expect(clients[index].read.rows == [entity: [TestSchema.position: row(x)]])
                // A mask and one byte; or a mask and the row.
                if tick > 1 { #expect(clients[index].read.changeBytes - before == (index == 0 ? 2 : 9)) }
            }
        }
    }

    @Test("a replica reports rows that it refuses")
    func faults() {
        let replica = Replica(TestSchema.make(hasPlaces: true), number: 5)
        let entity = Entity(world: 5, generation: 1, slot: 3)
        #expect(replica.fault(entity, TestSchema.position, byteCount: 8) == nil)
        #expect(replica.fault(entity, TestSchema.position, byteCount: 7) == .badLength(component: 0, byteCount: 7))
        #expect(replica.fault(entity, TestSchema.name, byteCount: 15) == .badLength(component: 1, byteCount: 15))
        #expect(replica.fault(entity, 2, byteCount: 1) == .unknownComponent(2))
        #expect(replica.fault(entity, 99, byteCount: 1) == .unknownComponent(99))
        for bad in [Entity.none, Entity(world: 4, generation: 1, slot: 1), Entity(world: 5, generation: 1, slot: UInt32(Entity.slotLimit))] {
            #expect(replica.fault(bad, TestSchema.position, byteCount: 8) == .badEntity(bad))
        }
    }

    @Test("a slot that is used again is a leave of the old entity and an enter of the new one")
    func reusedSlot() throws {
        var replica = Replica(TestSchema.make(hasPlaces: false), number: 5)
        var builder = ViewBuilder()
        var client = Client(view: SentView(avatar: .none), read: ReadView(replica.schema))
        let (old, new) = (Entity(world: 5, generation: 1, slot: 3), Entity(world: 5, generation: 2, slot: 3))
        for (tick, entity) in [(1, old), (2, new)] as [(UInt64, Entity)] {
            replica.begin(tick)
            if tick == 2 { replica.remove(old) }
            replica.set(entity, TestSchema.name, [0, 0], at: 0, count: 2)
            replica.end()
            var writer = ByteWriter()
            #expect(builder.update(&client.view, replica, to: &writer))
            try client.read.read(writer.bytes)
            #expect(client.read.rows == [entity: [TestSchema.name: [0, 0]]])
        }
    }

    @Test("touched owners name every avatar whose own view changed", arguments: 1...20 as ClosedRange<UInt64>)
    func touchedOwners(seed: UInt64) {
        var model = ModelWorld(seed: seed, hasPlaces: false)
        let avatars = (0..<6).map { _ in model.spawn() }
        var replica = Replica(model.schema, number: 5)
        model.tick = 1
        replica.applyImage(of: model)
        for _ in 0..<60 {
            let old = model
            model.step(keeping: avatars)
            replica.apply(from: old, to: model)
            for avatar in avatars {
                func view(_ model: ModelWorld) -> [Entity: [UInt16: [UInt8]]] {
                    model.rows.keys.filter { model.interest(avatar, $0).must }.reduce(into: [:]) { $0[$1] = model.visibleRows(avatar, $1) }
                        .filter { !$0.value.isEmpty }
                }
                if view(old) != view(model) { #expect(replica.touchedOwners.contains(avatar), "seed \(seed), tick \(model.tick)") }
            }
        }
    }
}
