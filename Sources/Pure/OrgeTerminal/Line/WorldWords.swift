import OrgeSchema
import OrgeSession

/// The words that can stand in a line, by the schema and by what is in view.
struct WorldWords {
    let schema: WorldSchema
    let view: ClientView?
    /// In the order of the table.
    let entities: ContiguousArray<Entity>
    let avatar: Entity

    /// Every offer for the word being typed.
    func candidates(_ words: LineWords) -> [Completion.Candidate] {
        guard let first = words.finished.first else { return names(words.typed) }
        if let action = schema.action(named: first) { return fields(of: action.row, words) }
        switch LocalCommand(first) {
        case .help: return words.finished.count == 1 ? topics : []
        case .columns: return schema.components.map { .init(word: $0.name) }
        case .only: return schema.components.map { .init(word: $0.name) } + conditions
        case .quit, nil: return []
        }
    }

    /// What `help` knows.
    private var topics: [Completion.Candidate] {
        (schema.actions.map(\.name) + schema.events.map(\.name) + schema.components.map(\.name)).map { .init(word: $0) }
    }

    private func names(_ typed: String) -> [Completion.Candidate] {
        let slash = typed.hasPrefix("/") ? "/" : ""
        let local = LocalCommand.allCases.map { Completion.Candidate(word: slash + $0.rawValue) }
        if !slash.isEmpty { return local }
        return schema.actions.map { .init(word: $0.name, ending: $0.row.fields.isEmpty ? "" : " ") } + local
    }

    private func fields(of row: RowLayout, _ words: LineWords) -> [Completion.Candidate] {
        if let sign = words.typed.firstIndex(of: "=") {
            guard let index = row.index(ofField: String(words.typed[..<sign])) else { return [] }
            return values(of: row.fields[index], typed: String(words.typed[words.typed.index(after: sign)...]))
        }
        let given = words.finished.dropFirst()
        let missing = row.fields.filter { field in !given.contains { $0.hasPrefix(field.name + "=") } }
        // Before a letter is typed the next field alone, so that another Tab goes on to its values.
        return missing.prefix(words.typed.isEmpty ? 1 : .max).map { .init(word: $0.name + "=", ending: "") }
    }

    /// Values that the field can have, as far as they can be listed.
    private func values(of field: FieldSchema, typed: String) -> [Completion.Candidate] {
        // Of a list the elements before the last stay as they are.
        let before = typed.lastIndex(of: ",").map { String(typed[...$0]) } ?? ""
        func element(_ value: String, _ note: String = "") -> Completion.Candidate {
            .init(word: "\(field.name)=\(before)\(value)", note: note, ending: "")
        }
        switch field.kind {
        case .choice(_, let cases): return cases.map { .init(word: "\(field.name)=\($0.name)") }
        case .scalar(.bool): return ["true", "false"].map { .init(word: "\(field.name)=\($0)") }
        case .list(.bool, _), .vector(.bool, _): return ["true", "false"].map { element($0) }
        case .scalar(.entity): return others.map { .init(word: "\(field.name)=\($0)", note: name(of: $0)) } + [.init(word: "\(field.name)=none")]
        case .list(.entity, _), .vector(.entity, _): return others.map { element($0.description, name(of: $0)) }
        case .scalar, .text: return field.constraint.examples.map { .init(word: "\(field.name)=\(quotedForShell($0))") }
        case .list, .vector: return []
        }
    }

    /// The entities in view, the own avatar last: it is seldom meant.
    private var others: [Entity] {
        let near = entities.prefix(TerminalLimits.candidates).filter { $0 != avatar }
        return view?.contains(avatar) == true ? near + [avatar] : Array(near)
    }

    /// The first text or choice that the entity has, so that a person knows it.
    func name(of entity: Entity) -> String {
        if entity == avatar { return "you" }
        let fields = (view?.rows(of: entity) ?? []).flatMap { row in
            schema.component(row.component)?.row.values(row.row) ?? []
        }
        for case .text(let text) in fields where !text.isEmpty { return text }
        for case .choice(let choice) in fields { return choice.name }
        return ""
    }

    func label(of entity: Entity) -> String? {
        let name = name(of: entity)
        return name.isEmpty ? nil : name
    }

    /// `field=value` of choices, for a filter.
    private var conditions: [Completion.Candidate] {
        schema.components.flatMap { component in
            component.row.fields.flatMap { field -> [Completion.Candidate] in
                guard case .choice(_, let cases) = field.kind else { return [] }
                return cases.map { .init(word: "\(field.name)=\($0.name)") }
            }
        }
    }
}

extension RowLayout {
    /// The values of a row that was checked when it came; none of bytes that are no row.
    func values(_ row: some Collection<UInt8>) -> [FieldValue] {
        var reader = ByteReader(Array(row))
        return (try? decode(&reader)) ?? []
    }
}

/// Something that a person can have a world do.
struct WorldAction: Sendable {
    var name: String
    var id: UInt16
    var row: RowLayout
    var isIntent: Bool
}

extension WorldSchema {
    /// Commands, then intents, which have the names of their components.
    var actions: [WorldAction] {
        commands.map { WorldAction(name: $0.name, id: $0.id, row: $0.row, isIntent: false) }
            + intents.compactMap { intent in component(intent.component).map { WorldAction(name: $0.name, id: intent.id, row: $0.row, isIntent: true) } }
    }

    func action(named name: String) -> WorldAction? { actions.first { $0.name == name } }
}
