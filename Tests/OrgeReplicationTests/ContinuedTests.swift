import OrgeReplication
import OrgeSchema
import Testing

@Suite("Views that are taken back to an update that came")
struct ContinuedTests {
    /// What a client held after one update of its present connection.
    private struct Held {
        var read: ReadView
        var update: UInt32
    }

    /// Steps a world, with clients that lose their connection at any update and come back with what they held after an earlier one.
    private static func run(seed: UInt64, hasPlaces: Bool, depth: Int) throws -> (continued: Int, resets: Int) {
        var (model, avatars) = ModelWorld.populated(seed: seed, hasPlaces: hasPlaces)
        var random = RandomSource(seed: seed ^ 0x1357)
        var replica = Replica(model.schema, number: 5)
        replica.applyImage(of: model)
        var builder = ViewBuilder()
        var clients = avatars.map { (client: ReplicationTests.Client(view: SentView(avatar: $0), read: ReadView(model.schema)), held: [Held]()) }
        var (continued, resets) = (0, 0)
        for step in 0..<300 {
            let old = model
            for _ in 0..<(random.chance(1, outOf: 15) ? 5 : 1) { model.step(keeping: avatars) }
            if model.tick == old.tick + 1 { replica.apply(from: old, to: model) } else { replica.applyImage(of: model) }
            for index in clients.indices {
                if random.chance(1, outOf: 10), !clients[index].held.isEmpty {
                    // Of the updates of its connection the last ones may not have arrived.
                    let kept = clients[index].held.count - 1 - random.below(min(depth, clients[index].held.count))
                    let held = clients[index].held[kept]
                    let view = SentView(continuing: clients[index].client.view, from: held.read.tick, update: held.update, encoding: .plain(isSized: false))
                    if let view {
                        (clients[index].client.view, clients[index].client.read, continued) = (view, held.read, continued + 1)
                    } else {
                        clients[index].client = .init(view: SentView(avatar: avatars[index]), read: ReadView(model.schema))
                        resets += 1
                    }
                    clients[index].held = []
                    if view != nil { clients[index].held = [held] }
                } else if random.chance(1, outOf: 4) {
                    continue
                }
                try update(&clients[index], &builder, replica)
                ReplicationTests.check(clients[index].client, model, "seed \(seed), step \(step)")
            }
        }
        return (continued, resets)
    }

    private static func update(
        _ client: inout (client: ReplicationTests.Client, held: [Held]), _ builder: inout ViewBuilder, _ replica: borrowing Replica
    ) throws {
        var writer = ByteWriter()
        let isFirst = client.client.view.isFresh
        guard builder.update(&client.client.view, replica, to: &writer) else { return #expect(!isFirst, "the first update is always sent") }
        try client.client.read.read(writer.bytes)
        // A connection's first update counts as one, also after the update of another connection that it goes on from.
        client.held.append(Held(read: client.client.read, update: isFirst ? 1 : client.held.last!.update + 1))
    }

    @Test("every complete view is what it must be, whichever update the client held", arguments: 1...20 as ClosedRange<UInt64>, [true, false])
    func rewinds(seed: UInt64, hasPlaces: Bool) throws {
        let (continued, resets) = try Self.run(seed: seed, hasPlaces: hasPlaces, depth: 12)
        #expect(continued > 60 && resets == 0, "seed \(seed): \(continued) went on, \(resets) began again")
    }

    @Test("what is too long ago, was never sent, or is of another connection begins again")
    func bounds() throws {
        var model = ModelWorld(seed: 1, hasPlaces: true)
        let avatar = model.spawn()
        model.setRandomRow(avatar, TestSchema.position)
        model.tick = 1
        var replica = Replica(model.schema, number: 5)
        replica.applyImage(of: model)
        var (builder, view) = (ViewBuilder(), SentView(avatar: avatar))
        var updates: UInt32 = 0
        for _ in 0..<600 {
            var writer = ByteWriter()
            if builder.update(&view, replica, to: &writer) { updates += 1 }
            let old = model
            model.tick += 1
            model.rows[avatar]?[TestSchema.name] = [0, 1, UInt8(97 + model.tick % 2)]
            replica.apply(from: old, to: model)
        }
        #expect(updates == 600 && view.tick == 600 && view.byteCount < 16 * 1024)
        func isKnown(_ tick: UInt64, _ update: UInt32) -> Bool {
            SentView(continuing: view, from: tick, update: update, encoding: .plain(isSized: false)) != nil
        }
        #expect(isKnown(600, 600) && isKnown(410, 410) && !isKnown(300, 300) && !isKnown(1, 1) && !isKnown(0, 0))
        #expect(!isKnown(600, 599) && !isKnown(599, 600) && !isKnown(601, 601))
    }

    @Test("a crowd that comes and goes is forgotten before it costs more memory than was said, and is never told wrong")
    func crowds() throws {
        var replica = Replica(TestSchema.make(hasPlaces: false), number: 5)
        var (builder, view, random) = (ViewBuilder(), SentView(avatar: .none), RandomSource(seed: 4))
        var read = ReadView(replica.schema)
        var (held, update): ([(read: ReadView, update: UInt32)], UInt32) = ([], 0)
        for tick in 1...200 as ClosedRange<UInt64> {
            replica.begin(tick)
            for _ in 0..<random.below(60) {
                let entity = Entity(world: 5, generation: 1, slot: UInt32(random.below(400)))
                if random.chance(1, outOf: 2) { replica.remove(entity) } else { replica.set(entity, TestSchema.name, [0, 0], at: 0, count: 2) }
            }
            replica.end()
            var writer = ByteWriter()
            guard builder.update(&view, replica, to: &writer) else { continue }
            try read.read(writer.bytes)
            update += 1
            held.append((read, update))
        }
        var known = 0
        for each in held {
            guard var back = SentView(continuing: view, from: each.read.tick, update: each.update, encoding: .plain(isSized: false)) else { continue }
            known += 1
            var (writer, again) = (ByteWriter(), each.read)
            _ = builder.update(&back, replica, to: &writer)
            try again.read(writer.bytes)
            #expect(again.rows == read.rows)
        }
        #expect(known >= 8 && known < 40, "\(known) of \(held.count) updates")
        #expect(view.byteCount < 32 * 1024)
    }
}
