/// The schema document, in the order in which `docs/protocol.md` describes it.
extension WorldSchema {
    /// The most bytes of a document: enough for some thousand fields, far more than worlds have, and it fits one frame of the wire (256 KiB).
    public static let documentLimit = 255 * 1024
    /// The components that a system may access are one bit each of a 64-bit word.
    public static let componentLimit = 64
    static let format: UInt16 = 1
    static let nameLimit = 128

    public func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 1024)
        writer.u16(Self.format)
        writer.shortText(name)
        writer.u16(version)
        writer.u32(tickMicroseconds)
        writer.flag(position != nil)
        if let position {
            writer.u16(position.component)
            writer.u16(position.x)
            writer.u16(position.y)
            writer.f64(position.inner)
            writer.f64(position.outer)
        }
        writer.u16(UInt16(components.count))
        for component in components {
            writer.u16(component.id)
            writer.shortText(component.name)
            writer.u8(component.visibility.rawValue)
            component.row.encode(to: &writer)
        }
        writer.u16(UInt16(commands.count))
        for command in commands {
            writer.u16(command.id)
            writer.shortText(command.name)
            writer.u16(command.weight)
            writer.u16(command.cost)
            command.row.encode(to: &writer)
            command.result.encode(to: &writer)
        }
        writer.u16(UInt16(intents.count))
        for intent in intents {
            writer.u16(intent.id)
            writer.u16(intent.component)
        }
        writer.u16(UInt16(events.count))
        for event in events {
            writer.u16(event.id)
            writer.shortText(event.name)
            writer.flag(event.isReliable)
            event.row.encode(to: &writer)
        }
        return writer.bytes
    }

    /// Reads a document and checks that its parts are consistent.
    public init(decoding bytes: [UInt8]) throws(DecodeError) {
        guard bytes.count <= Self.documentLimit else { throw DecodeError(.overLimit(length: bytes.count, limit: Self.documentLimit), at: 0) }
        var reader = ByteReader(bytes)
        let format = try reader.u16()
        guard format == Self.format else { throw DecodeError(.unknown(what: "schema format", value: UInt64(format)), at: 0) }
        self.init(
            name: try reader.shortText(limit: Self.nameLimit), version: try reader.u16(), tickMicroseconds: try reader.u32())
        if try reader.flag() {
            position = Position(
                component: try reader.u16(), x: try reader.u16(), y: try reader.u16(), inner: try reader.f64(), outer: try reader.f64())
        }
        for _ in 0..<(try reader.count16(ofAtLeast: 7)) { components.append(try Component(reading: &reader)) }
        for _ in 0..<(try reader.count16(ofAtLeast: 12)) { commands.append(try Command(reading: &reader)) }
        for _ in 0..<(try reader.count16(ofAtLeast: 4)) { intents.append(Intent(id: try reader.u16(), component: try reader.u16())) }
        for _ in 0..<(try reader.count16(ofAtLeast: 7)) { events.append(try Event(reading: &reader)) }
        try reader.expectEnd()
        try checkConsistency()
    }

    private func checkConsistency() throws(DecodeError) {
        func demand(_ holds: Bool, _ what: String) throws(DecodeError) {
            guard holds else { throw DecodeError(.inconsistent(what), at: 0) }
        }
        try demand(components.count <= Self.componentLimit, "more than \(Self.componentLimit) components")
        try demand(zip(components, components.dropFirst()).allSatisfy { $0.id < $1.id }, "component ids do not rise")
        try demand(commands.indices.allSatisfy { commands[$0].id == $0 }, "command ids are not their indices")
        try demand(intents.indices.allSatisfy { intents[$0].id == $0 }, "intent ids are not their indices")
        try demand(events.indices.allSatisfy { events[$0].id == $0 }, "event ids are not their indices")
        try demand(intents.allSatisfy { component($0.component) != nil }, "an intent names no component")
        try demandNames(components.map(\.name), "component")
        try demandNames(commands.map(\.name), "command")
        try demandNames(events.map(\.name), "event")
        let rows = components.map(\.row) + commands.flatMap { [$0.row, $0.result] } + events.map(\.row)
        for row in rows { try demandNames(row.fields.map(\.name), "field") }
        guard let position else { return }
        guard let row = component(position.component)?.row else { throw DecodeError(.inconsistent("the position names no component"), at: 0) }
        try demand(row.fixedOffset(ofField: Int(position.x)) != nil && row.fixedOffset(ofField: Int(position.y)) != nil, "the position has no fixed place")
        try demand(position.inner >= 0 && position.inner <= position.outer, "the radii of interest are out of order")
    }
}

/// People and programs find things by name, so each name is unique among its kind, and not empty.
private func demandNames(_ names: [String], _ what: String) throws(DecodeError) {
    var sorted = names
    sorted.sort()
    guard sorted.first != "" else { throw DecodeError(.inconsistent("a \(what) without a name"), at: 0) }
    for (name, next) in zip(sorted, sorted.dropFirst()) where name == next {
        throw DecodeError(.inconsistent("two \(what)s are named \(name)"), at: 0)
    }
}

extension WorldSchema.Component {
    fileprivate init(reading reader: inout ByteReader) throws(DecodeError) {
        let id = try reader.u16()
        let name = try reader.shortText(limit: WorldSchema.nameLimit)
        let start = reader.offset
        let raw = try reader.u8()
        guard let visibility = Visibility(rawValue: raw) else { throw DecodeError(.unknown(what: "visibility", value: UInt64(raw)), at: start) }
        self.init(id: id, name: name, visibility: visibility, fields: try RowLayout.fields(reading: &reader))
    }
}

extension WorldSchema.Command {
    fileprivate init(reading reader: inout ByteReader) throws(DecodeError) {
        let id = try reader.u16()
        let name = try reader.shortText(limit: WorldSchema.nameLimit)
        let weight = try reader.u16()
        let cost = try reader.u16()
        self.init(
            id: id, name: name, fields: try RowLayout.fields(reading: &reader), result: try RowLayout.fields(reading: &reader), weight: weight, cost: cost)
    }
}

extension WorldSchema.Event {
    fileprivate init(reading reader: inout ByteReader) throws(DecodeError) {
        let id = try reader.u16()
        let name = try reader.shortText(limit: WorldSchema.nameLimit)
        let isReliable = try reader.flag()
        self.init(id: id, name: name, fields: try RowLayout.fields(reading: &reader), isReliable: isReliable)
    }
}
