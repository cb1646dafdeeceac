import OrgeImage
import OrgeSchema

/// Migrated rows with a computed field that breaks its rule.
struct BrokenRows {
    private var count = 0
    private var first = ""

    mutating func add(_ rule: BrokenRule, _ component: String, of entity: Entity) {
        if count == 0 { first = "\(component) of entity \(entity): \(rule)" }
        count += 1
    }

    /// Nil: there are none.
    var description: String? {
        switch count {
        case 0: nil
        case 1: "a migrated row breaks a rule: \(first)"
        default: "\(count) migrated rows break a rule; the first: \(first)"
        }
    }
}

/// Rows of an earlier schema in an image.
extension WorldState {
    /// Decodes a page of rows and gives each to the present components that take it. Their rows become dirty.
    /// - Returns: its number.
    mutating func decodePage(
        _ component: MigrationPlan.Component, _ reader: inout ByteReader, _ broken: inout BrokenRows
    ) throws(DecodeError) -> UInt64 {
        let start = reader.offset
        let page = try RowPage(reading: &reader)
        for slot in page.slots {
            guard let entity = entities.entityIfAlive(at: slot) else {
                throw DecodeError(.inconsistent("a row in slot \(slot), which no entity has"), at: start)
            }
            let row = reader.offset
            try component.row.validate(&reader)
            for target in component.targets { try migrate(reader.bytes, row, entity, target, &broken) }
        }
        return UInt64(page.page)
    }

    private mutating func migrate(
        _ bytes: [UInt8], _ start: Int, _ entity: Entity, _ target: MigrationPlan.Target, _ broken: inout BrokenRows
    ) throws(DecodeError) {
        var writer = ByteWriter()
        target.row.apply(bytes, at: start, base: presentRow(target.column, entity) ?? target.defaultRow, to: &writer)
        let row = writer.take()
        if let rule = target.row.brokenRule(row) { broken.add(rule, target.name, of: entity) }
        var reader = ByteReader(row)
        try decodeRow(target.column, entity, &reader)
    }

    /// The canonical row that the entity has already, by another component that gives it something.
    private func presentRow(_ column: Int, _ entity: Entity) -> [UInt8]? {
        let slot = Int(entity.slot)
        guard unsafe columns[column].has(slot) else { return nil }
        var writer = ByteWriter()
        unsafe plans[column].encode(at: columns[column].row(slot), to: &writer)
        return writer.take()
    }
}
