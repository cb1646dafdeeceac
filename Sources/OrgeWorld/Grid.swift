import OrgeSchema

/// Finds entities by place: square cells of one side, each a list of slots.
///
/// It is brought up to date when it is asked and the position column has changed since; inside a query it stays as it was when the query
/// began. Answers are sorted by entity, for the order inside a cell follows from history.
struct Grid {
    let column: Int
    let cellSide: Double
    let reader: PositionReader
    private var version: UInt64 = .max
    /// Cell of each slot, and its neighbours in the cell's list; -1 for none.
    private var cells: ContiguousArray<Int32> = []
    private var next: ContiguousArray<Int32> = []
    private var previous: ContiguousArray<Int32> = []
    private var x: ContiguousArray<Double> = []
    private var y: ContiguousArray<Double> = []
    /// First slot of each cell, and the cells by their coordinates.
    private var heads: ContiguousArray<Int32> = []
    private var index = IDTable<Int32>()

    init(_ position: WorldSchema.Position, plan: RowPlan) {
        column = Int(position.component)
        // A search over the inner radius touches some 25 cells: few, and each of them mostly inside the disc.
        cellSide = max(1, position.inner / 2)
        reader = PositionReader(position, plan: plan)
    }

    private static func key(_ cx: Int64, _ cy: Int64) -> UInt64 { UInt64(truncatingIfNeeded: cx) << 32 | UInt64(truncatingIfNeeded: cy) & 0xffff_ffff }

    /// Coordinates far outside 32 bits of cells share the outermost ones; the distance is still checked exactly.
    private func cell(_ value: Double) -> Int64 {
        let scaled = min(max(value / cellSide, -2e9), 2e9)
        // Rounded down without the C library's `floor`, which a world's executable need not link.
        let whole = Int64(scaled)
        return Double(whole) > scaled ? whole - 1 : whole
    }

    /// Takes the column's rows as they are now.
    mutating func refresh(_ column: Column) {
        guard column.version != version else { return }
        version = column.version
        let slots = column.pageCount * Column.rowsPerPage
        while cells.count < slots {
            cells.append(-1)
            next.append(-1)
            previous.append(-1)
            x.append(0)
            y.append(0)
        }
        var slot = 0
        unsafe column.forEachPresent { present, row in
            while slot < present { unlink(slot); slot += 1 }
            let (px, py) = unsafe reader.read(row)
            place(present, px, py)
            slot = present + 1
        }
        while slot < cells.count { unlink(slot); slot += 1 }
    }

    private mutating func place(_ slot: Int, _ px: Double, _ py: Double) {
        if cells[slot] >= 0, x[slot] == px, y[slot] == py { return }
        x[slot] = px
        y[slot] = py
        let key = Self.key(cell(px), cell(py))
        let number: Int32
        if let known = index[key] {
            number = known
        } else {
            number = Int32(heads.count)
            heads.append(-1)
            index[key] = number
        }
        guard cells[slot] != number else { return }
        unlink(slot)
        cells[slot] = number
        next[slot] = heads[Int(number)]
        if next[slot] >= 0 { previous[Int(next[slot])] = Int32(slot) }
        heads[Int(number)] = Int32(slot)
    }

    private mutating func unlink(_ slot: Int) {
        guard cells[slot] >= 0 else { return }
        if previous[slot] >= 0 { next[Int(previous[slot])] = next[slot] } else { heads[Int(cells[slot])] = next[slot] }
        if next[slot] >= 0 { previous[Int(next[slot])] = previous[slot] }
        cells[slot] = -1
        next[slot] = -1
        previous[slot] = -1
    }

    /// Slots within `radius` of the point, the border included, lowest first.
    func slots(near px: Double, _ py: Double, radius: Double) -> ContiguousArray<Int> {
        var found: ContiguousArray<Int> = []
        let low = (cell(px - radius), cell(py - radius))
        let high = (cell(px + radius), cell(py + radius))
        func gather(_ head: Int32) {
            var slot = Int(head)
            while slot >= 0 {
                let (dx, dy) = (x[slot] - px, y[slot] - py)
                if dx * dx + dy * dy <= radius * radius { found.append(slot) }
                slot = Int(next[slot])
            }
        }
        if Double(high.0 - low.0 + 1) * Double(high.1 - low.1 + 1) > Double(heads.count) {
            for head in heads { gather(head) }
        } else {
            for cx in low.0...high.0 {
                for cy in low.1...high.1 { if let number = index[Self.key(cx, cy)] { gather(heads[Int(number)]) } }
            }
        }
        found.sort()
        return found
    }

    func position(of slot: Int) -> (x: Double, y: Double)? { slot < cells.count && cells[slot] >= 0 ? (x[slot], y[slot]) : nil }
}
