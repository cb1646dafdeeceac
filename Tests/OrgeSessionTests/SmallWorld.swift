import OrgeSchema
import OrgeSession
import OrgeWire

/// A world of one component of each shape, one command, one intent and one event, for both sides of a session.
enum SmallWorld {
    static let schema: WorldSchema = {
        var schema = WorldSchema(name: "small", version: 1, tickMicroseconds: 50_000)
        schema.components = [
            WorldSchema.Component(id: 0, name: "Place", visibility: .everyone, fields: [FieldSchema("x", .scalar(.i32)), FieldSchema("y", .scalar(.i32))]),
            WorldSchema.Component(id: 2, name: "Label", visibility: .everyone, fields: [FieldSchema("text", .text(capacity: 20))]),
            WorldSchema.Component(id: 3, name: "Story", visibility: .everyone, fields: [FieldSchema("text", .text(capacity: 2000))]),
            WorldSchema.Component(id: 5, name: "Mood", visibility: .owner, fields: [FieldSchema("glad", .scalar(.bool))]),
        ]
        schema.commands = [
            WorldSchema.Command(
                id: 0, name: "Add", fields: [FieldSchema("amount", .scalar(.i64))], result: [FieldSchema("sum", .scalar(.i64))], weight: 1, cost: 1),
            WorldSchema.Command(id: 1, name: "Say", fields: [FieldSchema("text", .text(capacity: 8_000))], result: [], weight: 1, cost: 1),
        ]
        schema.intents = [WorldSchema.Intent(id: 0, component: 5)]
        schema.events = [WorldSchema.Event(id: 0, name: "Added", fields: [FieldSchema("amount", .scalar(.i64))], isReliable: true)]
        return schema
    }()

    static let served = ServedSchema(schema)
    static let base = idBase(ofWorld: 1)
    static let avatar = Entity(world: 1, generation: 1, slot: 1)

    static let entry = WorldEntry(
        name: "small", version: 1, state: .running, schemaHash: served.hash, pace: .fixed, tickMicroseconds: 50_000)

    static func number(_ value: Int64) -> [UInt8] {
        var writer = ByteWriter()
        writer.i64(value)
        return writer.bytes
    }

    static func place(_ x: UInt32, _ y: UInt32) -> [UInt8] {
        var writer = ByteWriter()
        writer.u32(x)
        writer.u32(y)
        return writer.bytes
    }

    static func text(_ text: String) -> [UInt8] {
        var writer = ByteWriter()
        writer.shortText(text)
        return writer.bytes
    }

    static func arrival(firstSequence: UInt64 = 1, role: JoinRole = .player) -> ServerSession.Arrival {
        ServerSession.Arrival(
            schema: served, session: role == .player ? 9 : 0, avatar: role == .player ? avatar : .none, incarnation: 1, tick: 40, tickMicroseconds: 50_000,
            firstSequence: firstSequence, idBase: base)
    }

    static let hello = ClientFrame.hello(ClientFrame.Hello(kind: .tool, software: "test"))
    static let token: [UInt8] = Array(1...16)

    /// A session walked to a phase, as the shortest way goes.
    static func session(in phase: ServerSession.Phase, role: JoinRole = .player, now: UInt64 = 0) -> ServerSession {
        var session = ServerSession(ServerSession.Configuration(software: "orge", developmentToken: token), now: now)
        let steps: [(ServerSession.Phase, (inout ServerSession) -> Void)] = [
            (.awaitingLogin, { _ = $0.receive(hello, now: now) }),
            (.admitting, { _ = $0.receive(.login(ClientFrame.Login(name: "ada")), now: now) }),
            (.choosing, { _ = $0.admitted([entry]) }),
            (.joining, { _ = $0.receive(.join(ClientFrame.Join(world: "small", role: role)), now: now) }),
            (.joined, { _ = $0.joined(arrival(role: role)) }),
            (
                .leaving,
                {
                    _ = $0.receive(.command(ClientFrame.Command(sequence: 1, kind: 0, payload: number(1))), now: now)
                    _ = $0.receive(.leave, now: now)
                }
            ),
            (.closed, { _ = $0.close(.internal) }),
        ]
        for (reached, step) in steps where session.phase != phase {
            step(&session)
            precondition(session.phase == reached, "reached \(session.phase), not \(reached)")
        }
        return session
    }
}

extension UpdateWriter {
    /// An entry of one row, whole.
    mutating func enter(_ entity: Entity, _ row: [UInt8], bit: Int = 0) {
        begin(.entered, entity, components: 1 << UInt64(bit), byteCount: rowBytes(row.count))
        self.row(row[...])
    }

    /// An entry of one row that says all of its fields.
    mutating func change(_ entity: Entity, _ row: [UInt8], bit: Int = 0) {
        let mask = RowCodec(SmallWorld.schema.components[bit].row).wholeMask
        begin(.changed, entity, components: 1 << UInt64(bit), byteCount: rowBytes(mask.count + row.count))
        change(mask: mask, row: row[...])
    }
}
