package import OrgeSchema

/// What a frame says beyond its fields: `count u8`, then for each `type u16 · length u16 · bytes`, ascending by type. A receiver skips the types that it
/// does not know, so either side can say more without a new version.
package struct WireExtensions: Equatable, Sendable {
    package private(set) var entries: [Entry]

    package struct Entry: Equatable, Sendable {
        package var type: UInt16
        package var bytes: [UInt8]

        package init(type: UInt16, bytes: [UInt8]) {
            self.type = type
            self.bytes = bytes
        }
    }

    package static let none = WireExtensions([])

    /// - Precondition: each type once, within the limits.
    package init(_ entries: [Entry]) {
        self.entries = entries.sorted { $0.type < $1.type }
        precondition(entries.count <= WireLimits.extensionCount, "more extensions than a frame takes")
        precondition(zip(self.entries, self.entries.dropFirst()).allSatisfy { $0.type < $1.type }, "an extension type twice")
        precondition(entries.allSatisfy { $0.bytes.count <= WireLimits.extensionBytes }, "an extension over its limit")
    }

    package subscript(type: UInt16) -> [UInt8]? { entries.first { $0.type == type }?.bytes }

    func encode(to writer: inout ByteWriter) {
        writer.u8(UInt8(entries.count))
        for entry in entries {
            writer.u16(entry.type)
            writer.u16(UInt16(entry.bytes.count))
            writer.bytes(entry.bytes)
        }
    }

    init(decoding reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        let count = Int(try reader.u8())
        guard count <= WireLimits.extensionCount else { throw DecodeError(.overLimit(length: count, limit: WireLimits.extensionCount), at: start) }
        entries = []
        for _ in 0..<count {
            let start = reader.offset
            let type = try reader.u16()
            guard entries.last.map({ $0.type < type }) ?? true else { throw DecodeError(.inconsistent("extension types do not rise"), at: start) }
            let length = Int(try reader.u16())
            guard length <= WireLimits.extensionBytes else { throw DecodeError(.overLimit(length: length, limit: WireLimits.extensionBytes), at: start) }
            entries.append(Entry(type: type, bytes: Array(try reader.bytes(length))))
        }
    }
}

/// Types of extensions. Each frame counts its own.
package enum ExtensionType {
    /// Of hello and welcome: a ``Capabilities``.
    package static let capabilities: UInt16 = 1
    /// Of join: a ``Resume``. 1 is reserved for the character.
    package static let resume: UInt16 = 2
    /// Of join: the highest tick that a monitor has seen, u64.
    package static let seenTick: UInt16 = 3
    /// Of joined: a ``Ticket``.
    package static let ticket: UInt16 = 1
    /// Of joined and joinRefused: a ``Resumption``.
    package static let resumption: UInt16 = 2
}

/// What a client can do, in hello; what of it this connection uses, in welcome. Encoded as ascending u16 numbers.
package struct Capabilities: Equatable, Sendable {
    package private(set) var numbers: [UInt16]

    /// Updates in `plain`. A client without the extension has this one.
    package static let plain: UInt16 = 1
    /// Rows in updates stand after their length.
    package static let sizedRows: UInt16 = 2

    /// What this implementation knows.
    package static let known = Capabilities([plain, sizedRows])
    package static let unstated = Capabilities([plain])

    package init(_ numbers: [UInt16]) {
        self.numbers = numbers.sorted()
    }

    package func contains(_ number: UInt16) -> Bool { numbers.contains(number) }

    /// What both sides have.
    package func intersection(_ other: Capabilities) -> Capabilities { Capabilities(numbers.filter(other.contains)) }

    /// The update encoding of the connection; nil where the two sides share none.
    package var encoding: UpdateEncoding? { contains(Self.plain) ? .plain : nil }

    package var entry: WireExtensions.Entry {
        var writer = ByteWriter()
        for number in numbers { writer.u16(number) }
        return WireExtensions.Entry(type: ExtensionType.capabilities, bytes: writer.bytes)
    }

    /// - Returns: ``unstated`` where the extension is missing.
    package init(in extensions: WireExtensions) throws(DecodeError) {
        guard let bytes = extensions[ExtensionType.capabilities] else {
            self = .unstated
            return
        }
        var reader = ByteReader(bytes)
        numbers = []
        while !reader.isAtEnd {
            let number = try reader.u16()
            guard numbers.last.map({ $0 < number }) ?? true else { throw DecodeError(.inconsistent("capabilities do not rise"), at: reader.offset - 2) }
            numbers.append(number)
        }
    }
}
