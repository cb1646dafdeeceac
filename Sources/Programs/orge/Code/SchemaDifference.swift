import OrgeSchema

/// What differs between two versions of a world's schema beside its rows, in words: what was added, removed and changed, by names. Of rows the plan of
/// their migration tells (``WorldMigrationPlan``).
struct SchemaDifference {
    private(set) var lines: [String] = []

    init(from old: WorldSchema, to new: WorldSchema) {
        for component in old.components {
            guard let other = new.component(named: component.name), other.visibility != component.visibility else { continue }
            lines.append("component \(component.name): seen by \(component.visibility) → \(other.visibility)")
        }
        compare("command", old.commands.map { ($0.name, $0.row) }, new.commands.map { ($0.name, $0.row) })
        compare("result of command", old.commands.map { ($0.name, $0.result) }, new.commands.map { ($0.name, $0.result) }, sharedOnly: true)
        compare("event", old.events.map { ($0.name, $0.row) }, new.events.map { ($0.name, $0.row) })
        let intents = [old, new].map { schema in schema.intents.map { schema.component($0.component)?.name ?? "?" } }
        if intents[0] != intents[1] { lines.append("intents: \(Self.list(intents[0])) → \(Self.list(intents[1]))") }
        if old.version != new.version { lines.append("version: \(old.version) → \(new.version)") }
        if old.tickMicroseconds != new.tickMicroseconds { lines.append("length of a tick: \(old.tickMicroseconds) µs → \(new.tickMicroseconds) µs") }
        if old.position != new.position { lines.append("position and sight differ") }
    }

    private typealias Named = (name: String, row: RowLayout)

    private mutating func compare(_ what: String, _ old: [Named], _ new: [Named], sharedOnly: Bool = false) {
        for (name, row) in old {
            guard let other = new.first(where: { $0.name == name })?.row else {
                if !sharedOnly { lines.append("\(what) \(name): removed") }
                continue
            }
            compareFields("\(what) \(name)", row.fields, other.fields)
        }
        guard !sharedOnly else { return }
        for (name, row) in new where !old.contains(where: { $0.name == name }) {
            lines.append("\(what) \(name): added" + (row.fields.isEmpty ? "" : " (\(row.fields.map(\.summary).joined(separator: "; ")))"))
        }
    }

    private mutating func compareFields(_ what: String, _ old: [FieldSchema], _ new: [FieldSchema]) {
        for field in old {
            guard let other = new.first(where: { $0.name == field.name }) else {
                lines.append("\(what): field \(field.summary): removed")
                continue
            }
            if other != field { lines.append("\(what): field \(field.summary) → \(other.summary)") }
        }
        for field in new where !old.contains(where: { $0.name == field.name }) { lines.append("\(what): field \(field.summary): added") }
        let names = [old, new].map { $0.map(\.name) }
        if names[0] != names[1], names[0].sorted() == names[1].sorted() { lines.append("\(what): fields \(Self.list(names[0])) → \(Self.list(names[1]))") }
    }

    private static func list(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }
}
