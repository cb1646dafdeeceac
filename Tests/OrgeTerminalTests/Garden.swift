import OrgeSchema
import OrgeSession
import OrgeWire

@testable import OrgeTerminal

/// A world of places, names and kinds, with what a person may do in it.
enum Garden {
    static let schema: WorldSchema = {
        var schema = WorldSchema(
            name: "garden", version: 1, tickMicroseconds: 50_000, position: .init(component: 0, x: 0, y: 1, inner: 1_600, outer: 2_000))
        schema.components = [
            .init(id: 0, name: "place", visibility: .everyone, fields: [FieldSchema("x", .scalar(.i32)), FieldSchema("y", .scalar(.i32))]),
            .init(id: 1, name: "body", visibility: .everyone, fields: [FieldSchema("kind", kinds)]),
            .init(id: 2, name: "name", visibility: .everyone, fields: [FieldSchema("text", .text(capacity: 200))]),
            .init(id: 4, name: "steer", visibility: .server, fields: [FieldSchema("dx", .scalar(.i16)), FieldSchema("dy", .scalar(.i16))]),
        ]
        var amount = FieldSchema("amount", .scalar(.u32))
        amount.constraint.range = .unsigned(1...50)
        var text = FieldSchema("text", .text(capacity: 200))
        text.constraint.examples = ["hello", "what a day"]
        schema.commands = [
            .init(id: 0, name: "say", fields: [text], result: [], weight: 1, cost: 1),
            .init(
                id: 1, name: "give", fields: [FieldSchema("to", .scalar(.entity)), amount, FieldSchema("gently", .scalar(.bool))],
                result: [FieldSchema("left", .scalar(.u32))], weight: 1, cost: 1),
            .init(id: 2, name: "become", fields: [FieldSchema("kind", kinds)], result: [], weight: 1, cost: 1),
        ]
        schema.intents = [.init(id: 0, component: 4)]
        schema.events = [
            .init(id: 0, name: "spoken", fields: [FieldSchema("by", .scalar(.entity)), FieldSchema("text", .text(capacity: 200))], isReliable: true)
        ]
        return schema
    }()

    private static let kinds = FieldKind.choice(
        storage: .u8, cases: [ChoiceCase(raw: 0, name: "gnome"), ChoiceCase(raw: 1, name: "hare"), ChoiceCase(raw: 2, name: "hedgehog")])

    static let base = idBase(ofWorld: 1)
    static func entity(_ slot: UInt32) -> Entity { Entity(world: 1, generation: 1, slot: slot) }
    static let avatar = entity(1)

    struct Thing {
        var slot: UInt32
        var x: Int32
        var y: Int32
        var kind: Int64 = 0
        var name: String?
    }

    /// A view that holds these things, complete through the tick.
    static func view(_ things: [Thing], tick: UInt64 = 1) -> ClientView {
        var view = ClientView(schema, idBase: base)
        var writer = UpdateWriter(UpdateWriter.Head(tick: tick, isReset: true, isSized: false), base: base, limit: 60_000)
        for thing in things.sorted(by: { $0.slot < $1.slot }) {
            var rows = [row(0, [.signed(Int64(thing.x)), .signed(Int64(thing.y))]), row(1, [.choice(ChoiceCase(raw: thing.kind, name: ""))])]
            if let name = thing.name { rows.append(row(2, [.text(name)])) }
            writer.begin(
                .entered, entity(thing.slot), components: thing.name == nil ? 0b11 : 0b111, byteCount: rows.reduce(0) { $0 + writer.rowBytes($1.count) })
            for row in rows { writer.row(row[...]) }
        }
        var stream = FrameStream.server
        stream.append(writer.finish().bytes)
        while case .frame(let range) = stream.next() {
            var reader = stream.reader(range)
            guard case .update(let update)? = try? ServerFrame(decoding: &reader), (try? view.apply(update)) != nil else {
                preconditionFailure("an update that does not apply")
            }
        }
        return view
    }

    static func row(_ component: UInt16, _ values: [FieldValue]) -> [UInt8] { encoded(schema.component(component)!.row, values) }

    static func encoded(_ layout: RowLayout, _ values: [FieldValue]) -> [UInt8] {
        var writer = ByteWriter()
        layout.encode(values, to: &writer)
        return writer.bytes
    }

    static func spoken(_ text: String, by slot: UInt32, tick: UInt64 = 2) -> PlayEvent {
        .reaction(.event(tick: tick, kind: 0, payload: encoded(schema.events[0].row, [.entity(entity(slot)), .text(text)])))
    }

    static let some = view([
        Thing(slot: 1, x: 0, y: 0, name: "ada"), Thing(slot: 2, x: 900, y: 0, kind: 1, name: "björn"), Thing(slot: 3, x: 10, y: 10, kind: 2),
        Thing(slot: 4, x: 500, y: 0, kind: 1),
    ])
}

extension PlayMachine {
    /// In the garden, with a view, on a terminal of this size.
    static func inGarden(columns: Int = 80, rows: Int = 24, _ view: ClientView = Garden.some) -> PlayMachine {
        var machine = PlayMachine(account: "ada")
        machine.handle(.entered(Garden.schema, avatar: Garden.avatar), now: 1)
        machine.handle(.resized(columns: columns, rows: rows), now: 1)
        machine.handle(.view(view), now: 1)
        _ = machine.takeDirectives()
        return machine
    }

    /// What a keyboard sends.
    mutating func type(_ text: String, now: UInt64 = 1) {
        var reader = KeyReader()
        for byte in text.utf8 { if let key = reader.read(byte) { handle(.key(key), now: now) } }
    }

    mutating func lines(now: UInt64 = 1) -> [String] {
        let screen = screen(now: now)
        screen.checkInvariants()
        return (0..<screen.rows).map { screen.text(row: $0) }
    }

    /// The line that is being typed, as the screen shows it.
    mutating func prompt() -> String { lines().last ?? "" }
}
