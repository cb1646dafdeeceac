import OrgeSchema
import OrgeSession

/// Which entities a table lists: those that have all of these components, and fields with these values.
package struct EntityFilter: Equatable, Sendable {
    var components: [UInt16] = []
    /// Any component's field of that name may have the value.
    var values: [(field: String, value: String)] = []
    /// As it was typed.
    var text = ""

    package static func == (a: EntityFilter, b: EntityFilter) -> Bool { a.text == b.text }

    var isEmpty: Bool { components.isEmpty && values.isEmpty }

    func passes(_ entity: Entity, _ view: ClientView, _ schema: WorldSchema) -> Bool {
        let rows = view.rows(of: entity)
        guard components.allSatisfy({ component in rows.contains { $0.component == component } }) else { return false }
        return values.allSatisfy { wanted in
            rows.contains { row in
                guard let layout = schema.component(row.component)?.row, let index = layout.index(ofField: wanted.field) else { return false }
                let values = layout.values(row.row)
                return index < values.count && "\(values[index])" == wanted.value
            }
        }
    }
}

/// The order of a table: the avatar, then in rings around it, each as wide as a sixteenth of its sight, and in each ring by id. In exact order of distance the
/// rows of what moves would change places with every refresh.
struct EntityOrder {
    private let schema: WorldSchema
    private let avatar: Entity

    init(_ schema: WorldSchema, _ avatar: Entity) {
        self.schema = schema
        self.avatar = avatar
    }

    func sorted(_ view: ClientView, _ filter: EntityFilter) -> ContiguousArray<Entity> {
        let isLarge = view.entityCount > TerminalLimits.orderedEntities
        if isLarge, filter.isEmpty { return view.entityIDs }
        var entities = ContiguousArray(view.entityIDs.prefix(TerminalLimits.orderedEntities))
        if !filter.isEmpty { entities.removeAll { !filter.passes($0, view, schema) } }
        guard !isLarge else { return entities }
        return ContiguousArray(rings(entities, view).sorted { ($0.ring, $0.entity) < ($1.ring, $1.entity) }.map(\.entity))
    }

    private func rings(_ entities: ContiguousArray<Entity>, _ view: ClientView) -> [(ring: Int, entity: Entity)] {
        guard let position = schema.position, let middle = place(of: avatar, view) else {
            return entities.map { ($0 == avatar ? -1 : 0, $0) }
        }
        let width = max(position.inner / 16, .leastNormalMagnitude)
        return entities.map { entity in
            // What has no place, such as what the avatar carries, comes right after it.
            guard entity != avatar, let place = place(of: entity, view) else { return (entity == avatar ? -1 : 0, entity) }
            let (dx, dy) = (place.x - middle.x, place.y - middle.y)
            let ring = ((dx * dx + dy * dy).squareRoot() / width).rounded(.down)
            return (ring < 1e6 ? Int(ring) : 1_000_000, entity)
        }
    }

    private func place(of entity: Entity, _ view: ClientView) -> (x: Double, y: Double)? {
        guard let position = schema.position, let row = view.row(entity, position.component), let layout = schema.component(position.component)?.row
        else { return nil }
        let values = layout.values(row)
        guard max(Int(position.x), Int(position.y)) < values.count, let x = values[Int(position.x)].number, let y = values[Int(position.y)].number
        else { return nil }
        return (x, y)
    }
}

extension FieldValue {
    fileprivate var number: Double? {
        switch self {
        case .signed(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .real(let value) where value.isFinite: value
        default: nil
        }
    }
}
