import OrgeSchema

/// The places of a table's columns on a line of so many columns.
struct TableLayout: Equatable {
    struct Place: Equatable {
        var index: Int
        var column: Int
        var width: Int
    }

    private(set) var places: [Place] = []
    /// Columns that found no room.
    private(set) var hiddenCount = 0

    /// The columns of a table after its entities' ids.
    init(_ table: ViewTable, width: Int) {
        let idWidth = table.rows.map { $0.entity.description.utf8.count }.max() ?? 0
        self.init(table.columns, idWidth: max(idWidth, Self.leastIDWidth), width: width)
    }

    /// Of the title above the ids.
    private static let leastIDWidth = "entity".utf8.count

    /// Columns are taken from the left for as long as they fit; texts shrink before a column is left out.
    init(_ columns: [ViewTable.Column], idWidth: Int, width: Int) {
        var widths = columns.map(\.width)
        Self.widen(&widths, columns)
        let room = width - 2 - idWidth
        if !Self.fits(widths, room) {
            for index in widths.indices where !columns[index].isNumber { widths[index] = min(widths[index], TerminalLimits.narrowCell) }
            Self.widen(&widths, columns)
        }
        var column = 2 + idWidth
        for (index, width) in widths.enumerated() {
            guard column + 2 + width <= room + 2 + idWidth else {
                hiddenCount = columns.count - index
                break
            }
            places.append(Place(index: index, column: column + 2, width: width))
            column += 2 + width
        }
    }

    private static func fits(_ widths: [Int], _ room: Int) -> Bool { widths.reduce(0) { $0 + $1 + 2 } <= room }

    /// The last column of each component is so wide that the component's name fits over all of them.
    private static func widen(_ widths: inout [Int], _ columns: [ViewTable.Column]) {
        var start = 0
        while start < columns.count {
            let end = columns[start...].firstIndex { $0.component != columns[start].component } ?? columns.count
            let used = widths[start..<end].reduce(-2) { $0 + $1 + 2 }
            widths[end - 1] += max(min(columns[start].componentName.columns, TerminalLimits.widestCell) - used, 0)
            start = end
        }
    }
}
