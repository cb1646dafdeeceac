import OrgeSchema
import OrgeWorld

/// A world's state as text: a line for each row, `ENTITY COMPONENT FIELD=VALUE…`, by slot and in the order of the world's parts; a line with the entity
/// alone where it has no row.
enum StateText {
    static func lines(of engine: WorldEngine) -> [String] {
        var lines: [String] = []
        engine.forEachEntity { entity, rows in lines += self.lines(of: entity, rows) }
        return lines
    }

    static func lines(of entity: Entity, _ rows: [(component: WorldSchema.Component, row: [UInt8])]) -> [String] {
        rows.isEmpty ? ["\(entity)"] : rows.map { "\(entity) \($0.component.name)\(typed($0.component.row, $0.row))" }
    }

    /// A canonical row as a person would type it, each field with a space before it.
    static func typed(_ layout: RowLayout, _ row: [UInt8]) -> String { layout.typed(values(layout, row)).printable }

    static func values(_ layout: RowLayout, _ row: [UInt8]) -> [FieldValue] {
        var reader = ByteReader(row)
        do throws(DecodeError) { return try layout.decode(&reader) } catch { preconditionFailure("a row of the world itself: \(error)") }
    }
}
