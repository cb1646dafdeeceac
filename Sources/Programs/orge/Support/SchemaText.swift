import OrgeSchema

/// A schema as text and as JSON.
enum SchemaText {
    static func lines(_ schema: WorldSchema, hash: UInt64) -> [String] {
        var lines = ["world \(schema.name) version \(schema.version), schema \(hash.hexadecimal)"]
        if schema.tickMicroseconds > 0 { lines.append("ticks of \(Double(schema.tickMicroseconds) / 1_000) ms") }
        if let position = schema.position, let component = schema.component(position.component) {
            lines.append("sees to \(position.inner), loses beyond \(position.outer), by \(component.name)")
        }
        for component in schema.components {
            let isIntent = schema.intents.contains { $0.component == component.id }
            lines.append("\(isIntent ? "intent" : "component") \(component.name) (\(visibility(component.visibility)))")
            lines += component.row.fields.map { "    " + $0.summary }
        }
        for command in schema.commands {
            let result = command.result.fields.isEmpty ? "" : " → \(command.result.fields.map(\.name).joined(separator: ", "))"
            lines.append("command \(command.name)\(result)\(command.cost == 1 ? "" : " (\(command.cost) units of its sender's share of a pass)")")
            lines += command.row.fields.map { "    " + $0.summary }
        }
        for event in schema.events {
            lines.append("event \(event.name)\(event.isReliable ? "" : " (may be dropped)")")
            lines += event.row.fields.map { "    " + $0.summary }
        }
        return lines
    }

    static func json(_ schema: WorldSchema, hash: UInt64) -> JSONValue {
        func fields(_ row: RowLayout) -> JSONValue {
            .array(row.fields.map { .object([("name", .string($0.name)), ("kind", .string($0.kindText)), ("rule", .string($0.ruleText))]) })
        }
        return .object([
            ("world", .string(schema.name)), ("version", .integer(Int(schema.version))), ("hash", .hexadecimal(hash)),
            ("tick_us", .integer(Int(schema.tickMicroseconds))),
            (
                "components",
                .array(
                    schema.components.map {
                        .object([("name", .string($0.name)), ("visibility", .string(visibility($0.visibility))), ("fields", fields($0.row))])
                    })
            ),
            ("intents", .array(schema.intents.compactMap { schema.component($0.component) }.map { .string($0.name) })),
            (
                "commands",
                .array(
                    schema.commands.map {
                        .object([
                            ("name", .string($0.name)), ("fields", fields($0.row)), ("result", fields($0.result)), ("cost", .integer(Int($0.cost))),
                            ("weight", .integer(Int($0.weight))),
                        ])
                    })
            ),
            ("events", .array(schema.events.map { .object([("name", .string($0.name)), ("reliable", .bool($0.isReliable)), ("fields", fields($0.row))]) })),
        ])
    }

    private static func visibility(_ visibility: Visibility) -> String {
        switch visibility {
        case .everyone: "everyone"
        case .owner: "owner"
        case .server: "server only"
        }
    }
}
