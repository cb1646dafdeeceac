public import OrgeSchema
public import OrgeWorld

/// What the client of an account sees after a tick: ``TestAccount/view``.
public struct AccountView {
    typealias Seen = (entity: Entity, rows: [(component: UInt16, row: [UInt8])])

    private let schema: WorldSchema
    private let seen: [Seen]

    init(_ seen: [Seen], _ schema: WorldSchema) {
        self.schema = schema
        self.seen = seen
    }

    /// The entities in view, by slot.
    public var entities: [Entity] { seen.map(\.entity) }

    /// Whether the entity is in view.
    public func contains(_ entity: Entity) -> Bool { seen.contains { $0.entity == entity } }

    /// The entity's row; nil when the client does not see it.
    /// - Precondition: the component is among the world's parts.
    public func row<C: Component>(of entity: Entity, _: C.Type = C.self) -> C? { rows(C.self).first { $0.entity == entity }?.row }

    /// All rows of a component that the client sees, by slot.
    /// - Precondition: the component is among the world's parts.
    public func rows<C: Component>(_: C.Type = C.self) -> [(entity: Entity, row: C)] {
        guard let component = schema.component(named: C.name)?.id else { trapForMissingPart(C.self) }
        let coding = RecordCoding<C>()
        return seen.flatMap { entity, rows in
            rows.filter { $0.component == component }.map { row in
                guard let value = coding.decode(row.row) else { preconditionFailure("a row of the world itself") }
                return (entity, value)
            }
        }
    }

    /// What is in view as text, in the form of ``TestWorld/state``.
    public var state: String {
        seen.flatMap { entity, rows in
            StateText.lines(
                of: entity,
                rows.map { row in
                    guard let component = schema.component(row.component) else { preconditionFailure("a row of the world itself") }
                    return (component, row.row)
                })
        }.map { $0 + "\n" }.joined()
    }
}
