import FoundationEssentials
import OrgeSchema

/// What a world's program says of its declaration: `WORLD --check --json`.
struct DeclarationDocument {
    struct System: Decodable, Equatable {
        var name: String
        /// In ticks.
        var period: UInt64
        /// Names of components.
        var reads: [String]
        var writes: [String]
    }

    struct Mistake: Decodable, Equatable {
        /// As `#fileID` names it: module and file.
        var file: String?
        var line: Int?
        var message: String
    }

    private struct Document: Decodable {
        var mistakes: [Mistake]
        var systems: [System]
        var types: [String]
        var schema: String?
    }

    var mistakes: [Mistake]
    var systems: [System]
    /// Of the parts and of the commands' results, as `String(reflecting:)` writes them.
    var types: [String]
    /// Empty where there is a mistake.
    var schema: WorldSchema

    /// - Returns: nil for what is no such document.
    init?(_ text: String) {
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(text.utf8)) else { return nil }
        mistakes = document.mistakes
        systems = document.systems
        types = document.types
        if let digits = document.schema {
            guard let bytes = [UInt8](hexadecimal: digits), let schema = try? WorldSchema(decoding: bytes) else { return nil }
            self.schema = schema
        } else {
            guard !mistakes.isEmpty else { return nil }
            schema = WorldSchema(name: "", version: 0, tickMicroseconds: 0)
        }
    }
}

extension DeclarationDocument {
    /// For a person: every command and what its fields hold, then the systems.
    var lines: [String] {
        SchemaText.lines(schema, hash: schema.hash)
            + systems.map { system in
                let period = system.period == 1 ? "each tick" : "each \(system.period) ticks"
                return "system \(system.name), \(period), reads \(Self.list(system.reads)), writes \(Self.list(system.writes))"
            }
    }

    private static func list(_ names: [String]) -> String { names.isEmpty ? "nothing" : names.joined(separator: " ") }

    var json: JSONValue {
        let systems = systems.map { system in
            JSONValue.object([
                ("name", .string(system.name)), ("period", .count(system.period)), ("reads", .array(system.reads.map(JSONValue.string))),
                ("writes", .array(system.writes.map(JSONValue.string))),
            ])
        }
        return .object([("schema", SchemaText.json(schema, hash: schema.hash)), ("systems", .array(systems))])
    }
}
