import OrgeSchema
import OrgeSession
import OrgeWire

/// A small world without geometry, for both sides of a session and for the edge: one component of each visibility, two commands, an intent
/// and two events.
enum FuzzWorld {
    static let name = "small"

    static let schema: WorldSchema = {
        var schema = WorldSchema(name: name, version: 1, tickMicroseconds: 50_000)
        var owner = FieldConstraint()
        owner.isOwner = true
        schema.components = [
            .init(id: 0, name: "counter", visibility: .owner, fields: [FieldSchema("owner", .scalar(.entity), owner), FieldSchema("n", .scalar(.u64))]),
            .init(id: 1, name: "wish", visibility: .owner, fields: [FieldSchema("glad", .scalar(.bool))]),
            .init(id: 2, name: "label", visibility: .everyone, fields: [FieldSchema("text", .text(capacity: 300))]),
        ]
        schema.commands = [
            .init(id: 0, name: "add", fields: [FieldSchema("n", .scalar(.u8))], result: [FieldSchema("n", .scalar(.u64))], weight: 1, cost: 1),
            .init(id: 1, name: "say", fields: [FieldSchema("text", .text(capacity: 8_000))], result: [], weight: 1, cost: 1),
        ]
        schema.intents = [.init(id: 0, component: 1)]
        schema.events = [
            .init(id: 0, name: "rung", fields: [FieldSchema("n", .scalar(.u64))], isReliable: true),
            .init(id: 1, name: "murmur", fields: [FieldSchema("n", .scalar(.u64))], isReliable: false),
        ]
        return schema
    }()

    static let served = ServedSchema(schema)
    static let token: [UInt8] = Array(1...16)
    static let configuration = ServerSession.Configuration(software: "fuzz", developmentToken: token)

    static let entry = WorldEntry(name: name, version: 1, state: .running, schemaHash: served.hash, pace: .fixed, tickMicroseconds: 50_000)

    static func entity(_ number: Int) -> Entity { Entity(world: 2, generation: 1, slot: UInt32(number)) }

    static func text(_ count: Int) -> [UInt8] {
        var writer = ByteWriter()
        writer.shortText(String(repeating: "x", count: count))
        return writer.bytes
    }

    static func u64(_ value: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.u64(value)
        return writer.bytes
    }

    /// Whether every byte is a row of the layout's.
    static func isRow(_ bytes: [UInt8], _ layout: RowLayout?) -> Bool { layout.map { $0.fault(in: bytes) == nil } ?? false }
}

/// Frames that a script chooses.
extension Script {
    mutating func role() -> JoinRole { flag() ? .monitor : .player }

    /// A well-formed frame of any type but command.
    mutating func clientFrame() -> ClientFrame {
        switch below(14) {
        case 0:
            .hello(
                ClientFrame.Hello(
                    oldest: UInt16(1 + below(3)), newest: UInt16(3 + below(2)) - UInt16(below(2)), kind: .tool, software: "fuzz", extensions: extensions()))
        case 1: .login(ClientFrame.Login(name: ["ada", "eve", "", "a b"][below(4)]))
        case 2: .describe(world: below(4) == 3 ? "nowhere" : FuzzWorld.name)
        case 3:
            .join(ClientFrame.Join(world: below(4) == 3 ? "nowhere" : FuzzWorld.name, role: role(), knownSchema: flag() ? FuzzWorld.served.hash : 0))
        case 4: .intent(ClientFrame.Intent(number: 1 + UInt32(below(64)), kind: UInt16(below(2)), payload: [byte() & 3]))
        case 5: .ping(clientTime: number())
        case 6: .audit(request: UInt32(truncatingIfNeeded: number()))
        case 7: .leave
        case 8: .login(ClientFrame.Login(name: "ada", method: ["guest", "key", ""][below(3)], credential: flag() ? [1] : [], extensions: extensions()))
        case 9: .skipped(type: 0x60 + UInt8(below(32)))
        case 11: .received(through: number())
        case 12: .join(ClientFrame.Join(world: FuzzWorld.name, role: .player, knownSchema: flag() ? FuzzWorld.served.hash : 0, resume: resume()))
        case 13: .join(ClientFrame.Join(world: FuzzWorld.name, role: .monitor, resume: nil, seenTick: number()))
        default: .kill(token: flag() ? Array(repeating: 0, count: WireLimits.tokenBytes) : FuzzWorld.token)
        }
    }

    private mutating func resume() -> Resume {
        Resume(
            session: number(), ticket: Ticket(high: number(), low: number()), acknowledged: number(), incarnation: UInt32(below(4)), tick: number(),
            eventsThrough: number(), eventsAfter: UInt16(below(4)), viewTick: number(), updates: UInt32(below(9)))
    }

    mutating func extensions() -> WireExtensions {
        switch below(4) {
        case 0, 1: .none
        case 2: WireExtensions([Capabilities([UInt16(1 + below(3)), 9]).entry])
        default: WireExtensions([.init(type: UInt16(1 + below(3)), bytes: some())])
        }
    }

    /// The payload of a command that may be right for its kind.
    mutating func payload(_ kind: UInt16) -> [UInt8] {
        switch below(4) {
        case 0, 1: kind == 0 ? [byte()] : FuzzWorld.text(Int(byte()))
        case 2: kind == 0 ? [byte()] : FuzzWorld.text(Int(byte()) * 31)
        default: some()
        }
    }
}
