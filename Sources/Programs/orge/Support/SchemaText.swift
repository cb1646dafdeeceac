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
            lines += component.row.fields.map { "    " + text($0) }
        }
        for command in schema.commands {
            lines.append("command \(command.name)" + (command.result.fields.isEmpty ? "" : " → \(command.result.fields.map(\.name).joined(separator: ", "))"))
            lines += command.row.fields.map { "    " + text($0) }
        }
        for event in schema.events {
            lines.append("event \(event.name)\(event.isReliable ? "" : " (may be dropped)")")
            lines += event.row.fields.map { "    " + text($0) }
        }
        return lines
    }

    static func json(_ schema: WorldSchema, hash: UInt64) -> JSONValue {
        func fields(_ row: RowLayout) -> JSONValue {
            .array(row.fields.map { .object([("name", .string($0.name)), ("kind", .string(kind($0.kind))), ("rule", .string(rule($0.constraint)))]) })
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
            ("commands", .array(schema.commands.map { .object([("name", .string($0.name)), ("fields", fields($0.row)), ("result", fields($0.result))]) })),
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

    static func text(_ field: FieldSchema) -> String {
        let rule = rule(field.constraint)
        return "\(field.name): \(kind(field.kind))\(rule.isEmpty ? "" : ", \(rule)")"
    }

    static func kind(_ kind: FieldKind) -> String {
        switch kind {
        case .scalar(let scalar): "\(scalar)"
        case .text(let capacity): "text(\(capacity))"
        case .list(let scalar, let capacity): "list(\(scalar), \(capacity))"
        case .vector(let scalar, let count): "vector(\(scalar), \(count))"
        case .choice(_, let cases): cases.map(\.name).joined(separator: " | ")
        }
    }

    private static func rule(_ rule: FieldConstraint) -> String {
        var parts: [String] = []
        switch rule.range {
        case .signed(let range)?: parts.append("\(range.lowerBound)…\(range.upperBound)")
        case .unsigned(let range)?: parts.append("\(range.lowerBound)…\(range.upperBound)")
        case .real(let range)?: parts.append("\(range.lowerBound)…\(range.upperBound)")
        case nil: break
        }
        if !rule.unit.isEmpty { parts.append("in \(rule.unit)") }
        if rule.notEmpty { parts.append("not empty") }
        if rule.finite { parts.append("finite") }
        if rule.isOwner { parts.append("names the owner") }
        if !rule.examples.isEmpty { parts.append("such as \(rule.examples.joined(separator: ", "))") }
        return parts.joined(separator: ", ")
    }
}
