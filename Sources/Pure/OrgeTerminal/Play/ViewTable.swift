import OrgeSchema
import OrgeSession

/// The entities in view as rows of a table: which ones, in which order, with which columns, and what has just changed.
struct ViewTable: Sendable {
    /// One field of a component; nil where the component has none, and the column says only that it is there.
    struct Column: Equatable, Sendable {
        var component: UInt16
        var componentName: String
        var field: Int?
        var title: String
        /// Numbers stand at the right.
        var isNumber: Bool
        /// The widest value that was seen: a table whose columns jump is hard to read.
        var width: Int
    }

    struct Cell: Equatable, Sendable {
        var text: String
        /// When it got this text; 0 when it had it before the table showed it.
        var changedAt: UInt64
    }

    struct Row: Equatable, Sendable {
        var entity: Entity
        /// As many as columns.
        var cells: [Cell]
    }

    let schema: WorldSchema
    let avatar: Entity
    private(set) var columns: [Column]
    private(set) var filter = EntityFilter()
    /// Every entity that passes the filter: the avatar first, then by distance.
    private(set) var order: ContiguousArray<Entity> = []
    /// The first one of the window.
    private(set) var first = 0
    /// How many the window has room for.
    var height = 1 { didSet { if height != oldValue { refill(now: 0) } } }
    /// The rows of the window.
    private(set) var rows: [Row] = []
    private(set) var view: ClientView?
    /// What was in view before the last update.
    private var known: ContiguousArray<Entity>?

    init(_ schema: WorldSchema, avatar: Entity) {
        self.schema = schema
        self.avatar = avatar
        columns = Self.columns(Self.visible(schema))
    }

    /// What a client writes itself comes back to none.
    private static func visible(_ schema: WorldSchema) -> [WorldSchema.Component] { schema.components.filter { $0.visibility != .server } }

    private static func columns(_ components: [WorldSchema.Component]) -> [Column] {
        components.flatMap { component -> [Column] in
            func column(_ field: Int?, _ title: String, isNumber: Bool) -> Column {
                Column(
                    component: component.id, componentName: component.name, field: field, title: title, isNumber: isNumber,
                    width: min(title.columns, TerminalLimits.widestCell))
            }
            if component.row.fields.isEmpty { return [column(nil, "", isNumber: false)] }
            return component.row.fields.enumerated().map { column($0, $1.name, isNumber: $1.kind.isNumber) }
        }
    }

    /// - Parameter now: nanoseconds of a clock that never stands at 0.
    mutating func update(_ view: ClientView, now: UInt64) {
        known = self.view?.entityIDs
        self.view = view
        sort()
        refill(now: now)
    }

    /// Another world of the same schema: nothing is in view.
    mutating func forget() {
        (view, known, order, rows) = (nil, nil, [], [])
    }

    /// Shows these components alone; all of them for an empty list.
    mutating func choose(_ components: [WorldSchema.Component]) {
        columns = Self.columns(components.isEmpty ? Self.visible(schema) : components)
        rows = []
        refill(now: 0)
    }

    mutating func show(only filter: EntityFilter) {
        self.filter = filter
        first = 0
        sort()
        refill(now: 0)
    }

    mutating func scroll(_ count: Int) {
        first += count
        refill(now: 0)
    }

    private mutating func sort() {
        guard let view else { return }
        order = EntityOrder(schema, avatar).sorted(view, filter)
    }

    /// Reads the rows of the window. What differs from what they showed is marked with the time, unless that is 0.
    private mutating func refill(now: UInt64) {
        guard let view else { return }
        first = max(min(first, order.count - height), 0)
        let old = rows
        rows = order[first...].prefix(height).map { entity in
            let texts = texts(of: entity, view)
            guard let before = old.first(where: { $0.entity == entity }) else {
                let changedAt = isNew(entity) ? now : 0
                return Row(entity: entity, cells: texts.map { Cell(text: $0, changedAt: $0.isEmpty ? 0 : changedAt) })
            }
            return Row(entity: entity, cells: zip(texts, before.cells).map { $0 == $1.text ? $1 : Cell(text: $0, changedAt: now) })
        }
        for row in rows { widen(for: row) }
    }

    private func isNew(_ entity: Entity) -> Bool {
        guard let known else { return false }
        var (low, high) = (0, known.count)
        while low < high {
            let middle = (low + high) / 2
            if known[middle] < entity { low = middle + 1 } else { high = middle }
        }
        return low == known.count || known[low] != entity
    }

    /// The texts of an entity's cells; empty where it has no such component.
    private func texts(of entity: Entity, _ view: ClientView) -> [String] {
        var values: (component: UInt16, isThere: Bool, values: [FieldValue])?
        return columns.map { column in
            if values?.component != column.component {
                let row = view.row(entity, column.component)
                let layout = schema.component(column.component)?.row
                values = (column.component, row != nil, row.flatMap { layout?.values($0) } ?? [])
            }
            guard let values, values.isThere else { return "" }
            guard let field = column.field else { return "yes" }
            return field < values.values.count ? values.values[field].cellText : "?"
        }
    }

    private mutating func widen(for row: Row) {
        for (index, cell) in row.cells.enumerated() where cell.text.utf8.count > columns[index].width {
            columns[index].width = max(columns[index].width, min(cell.text.columns, TerminalLimits.widestCell))
        }
    }

    /// When the next mark fades; nil where there is none.
    func nextFade(after now: UInt64) -> UInt64? {
        rows.lazy.flatMap(\.cells).map { $0.changedAt + TerminalLimits.markNanoseconds }.filter { $0 > now }.min()
    }
}

extension FieldKind {
    fileprivate var isNumber: Bool { if case .scalar(let scalar) = self { scalar.isInteger || scalar.isReal } else { false } }
}

extension FieldValue {
    /// As it stands in a cell: a text that is not fitted is not looked at to its end.
    fileprivate var cellText: String {
        switch self {
        case .real(let value): Self.short(value)
        case .text(let text): text.cut(toBytes: 1_024)
        default: description
        }
    }

    /// At most four digits after the point: a table is for looking at.
    private static func short(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e9 else { return "\(value)" }
        let rounded = (value * 10_000).rounded() / 10_000
        return "\(rounded)"
    }
}
