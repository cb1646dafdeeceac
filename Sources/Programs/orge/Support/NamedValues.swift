import OrgeSchema

/// A row for people and scripts.
struct NamedValues {
    private var pairs: [(name: String, value: FieldValue)] = []

    init() {}

    /// nil for bytes that are no row of the layout.
    init?(_ layout: RowLayout, _ row: some Collection<UInt8>) {
        var reader = ByteReader(Array(row))
        guard let values = try? layout.decode(&reader) else { return nil }
        pairs = zip(layout.fields, values).map { ($0.name, $1) }
    }

    var text: String { pairs.map { " \($0.name)=\($0.value)" }.joined() }
    var json: JSONValue { .object(pairs.map { ($0.name, Self.json($0.value)) }) }

    private static func json(_ value: FieldValue) -> JSONValue {
        switch value {
        case .bool(let value): .bool(value)
        case .signed(let value): .integer(Int(value))
        case .unsigned(let value): .count(value)
        case .real, .entity, .text, .choice: .string(value.description)
        case .list(let values): .array(values.map(json))
        }
    }
}
