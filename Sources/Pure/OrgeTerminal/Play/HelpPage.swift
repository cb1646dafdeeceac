import OrgeSchema

/// A text that is shown in place of the table and the log.
struct HelpPage: Equatable, Sendable {
    private(set) var lines: [String] = []
    /// The first line that is shown.
    private(set) var first = 0

    /// - Parameter topic: a command's, intent's, event's or component's name; nil for everything there is.
    /// - Returns: nil when nothing has that name.
    init?(_ schema: WorldSchema, topic: String?) {
        guard let topic else {
            lines = Self.overview(schema)
            return
        }
        for action in schema.actions where action.name == topic {
            lines.append("\(action.isIntent ? "intent" : "command") \(action.name)")
            lines += action.row.fields.map { "    \($0.summary)" }
            if !action.isIntent, let result = schema.command(action.id)?.result, !result.fields.isEmpty {
                lines.append("answers")
                lines += result.fields.map { "    \($0.summary)" }
            }
            lines.append("for example: \(action.name)\(action.row.example)")
        }
        for event in schema.events where event.name == topic { lines += Self.rows("event", event.name, event.row) }
        for component in schema.components where component.name == topic && !schema.actions.contains(where: { $0.isIntent && $0.name == topic }) {
            lines += Self.rows("component", component.name, component.row)
        }
        if let local = LocalCommand(topic) { lines += [local.usage, "    \(local.meaning)"] }
        if lines.isEmpty { return nil }
    }

    private static func rows(_ what: String, _ name: String, _ row: RowLayout) -> [String] { ["\(what) \(name)"] + row.fields.map { "    \($0.summary)" } }

    private static func overview(_ schema: WorldSchema) -> [String] {
        func names(_ row: RowLayout) -> String { row.fields.map { " \($0.name)=…" }.joined() }
        let actions = schema.actions
        var lines: [String] = []
        for (title, isIntent) in [("Commands of \(schema.name): each has an outcome", false), ("Intents: the latest one counts, none has an outcome", true)] {
            let some = actions.filter { $0.isIntent == isIntent }
            if !some.isEmpty { lines += [title] + some.map { "    \($0.name)\(names($0.row))" } }
        }
        if !schema.events.isEmpty { lines.append("Events: " + schema.events.map(\.name).joined(separator: ", ")) }
        lines.append("Commands of this client (with / before the name where the world has one of that name)")
        lines += LocalCommand.allCases.map { "    \($0.usage): \($0.meaning)" }
        return lines + keys
    }

    private static let keys = [
        "Keys",
        "    Tab completes names, fields, values and entities in view; again for the next, Shift-Tab for the one before",
        "    Up, Down: lines typed before; Left, Right, Home, End, Ctrl-A, Ctrl-E, Alt-B, Alt-F: in the line",
        "    Ctrl-U, Ctrl-K, Ctrl-W cut to the line's begin, to its end, a word; Ctrl-Y puts it back",
        "    Page Up, Page Down: the table or this page; with Shift or Alt: the events",
        "    Ctrl-L draws again; Ctrl-Z suspends; Ctrl-C empties the line, and leaves where it is empty",
    ]

    /// The lines on a page of so many columns; long ones go on in the next line.
    func wrapped(_ columns: Int) -> [(glyphs: [Glyph], isTitle: Bool)] {
        lines.flatMap { line in
            let isTitle = !line.hasPrefix(" ")
            return line.glyphs().wrapped(columns, indent: isTitle ? 2 : 8).map { ($0, isTitle) }
        }
    }

    mutating func scroll(_ count: Int, columns: Int, rows: Int) { first = max(min(first + count, wrapped(columns).count - rows), 0) }
}

extension RowLayout {
    /// Values that the fields accept, as they would be typed.
    fileprivate var example: String {
        fields.map { field in
            let value =
                field.constraint.examples.first.map(quotedForShell)
                ?? {
                    switch field.kind {
                    case .scalar(.bool): "true"
                    case .scalar(.entity): "1:7.1"
                    case .text: "\"…\""
                    case .choice(_, let cases): cases.first?.name ?? ""
                    case .vector(_, let count): Array(repeating: "0", count: count).joined(separator: ",")
                    case .list: "0"
                    case .scalar: field.constraint.least
                    }
                }()
            return " \(field.name)=\(value)"
        }.joined()
    }
}

extension FieldConstraint {
    fileprivate var least: String {
        switch range {
        case .signed(let range)?: "\(range.lowerBound)"
        case .unsigned(let range)?: "\(range.lowerBound)"
        case .real(let range)?: "\(range.lowerBound)"
        case nil: "0"
        }
    }
}
