import OrgeSchema

/// An index of entities by position: square cells of one size, each with a list of slots.
///
/// It is refreshed before a search from the stale rows of the position column, inside a query that writes positions from the rows as they were
/// before the query. Results are sorted by slot, because the order inside a cell depends on history.
struct Grid {
    let cellSide: Double
    let reader: PositionReader
    /// By slot.
    private var places: ContiguousArray<Place> = []
    /// The first slot of each cell, the cell's coordinates in one word, and the cells by that word.
    private var heads: ContiguousArray<Int32> = []
    private var keys: ContiguousArray<UInt64> = []
    private var index = IDTable<Int32>()
    /// The number of slots that are in a cell.
    private var placedCount = 0
    /// The results of the last search, kept for their memory.
    private var found: ContiguousArray<Int32> = []

    private struct Place {
        var x = 0.0
        var y = 0.0
        /// The cell's number, and the neighbours in the cell's list; -1 for none.
        var cell: Int32 = -1
        var next: Int32 = -1
        var previous: Int32 = -1
    }

    init(_ position: WorldSchema.Position, _ reader: PositionReader) {
        // A search over the inner radius then visits about 25 cells, most of them entirely inside the disc.
        cellSide = max(1, position.inner / 2)
        self.reader = reader
    }

    private func cell(_ value: Double) -> Int32 { cellIndex(value, side: cellSide) }

    /// Updates the places of the column's stale rows.
    mutating func refresh(_ column: Column) {
        reach(column)
        reader.drainStale(column) { slot, point in
            if let point { place(slot, point.x, point.y) } else { unlink(slot) }
        }
    }

    /// Updates the places of the rows that were stale when the running query began, to what they were then.
    mutating func refresh(_ column: Column, before held: inout HeldRows) {
        reach(column)
        reader.drain(&held, column) { slot, point in
            if let point { place(slot, point.x, point.y) } else { unlink(slot) }
        }
    }

    private mutating func reach(_ column: Column) {
        let slots = column.pageCount * Column.rowsPerPage
        if places.count < slots { places.append(contentsOf: repeatElement(Place(), count: slots - places.count)) }
    }

    private mutating func place(_ slot: Int, _ x: Double, _ y: Double) {
        if places[slot].cell >= 0, places[slot].x == x, places[slot].y == y { return }
        places[slot].x = x
        places[slot].y = y
        let cell = number(cellKey(cell(x), cell(y)))
        guard places[slot].cell != cell else { return }
        unlink(slot)
        let next = heads[Int(cell)]
        placedCount += 1
        places[slot].cell = cell
        places[slot].next = next
        if next >= 0 { places[Int(next)].previous = Int32(slot) }
        heads[Int(cell)] = Int32(slot)
    }

    /// The number of the cell with these coordinates; a new one when there is none.
    private mutating func number(_ key: UInt64) -> Int32 {
        if let known = index[key] { return known }
        if heads.count >= max(64, placedCount * 4) { forgetEmptyCells() }
        return add(key, head: -1)
    }

    private mutating func add(_ key: UInt64, head: Int32) -> Int32 {
        let number = Int32(heads.count)
        heads.append(head)
        keys.append(key)
        index[key] = number
        return number
    }

    /// Removes empty cells: otherwise the index would grow with every place that any entity has ever visited.
    private mutating func forgetEmptyCells() {
        let (oldHeads, oldKeys) = (heads, keys)
        heads.removeAll(keepingCapacity: true)
        keys.removeAll(keepingCapacity: true)
        index.removeAll()
        for (head, key) in zip(oldHeads, oldKeys) where head >= 0 {
            let number = add(key, head: head)
            var slot = head
            while slot >= 0 {
                places[Int(slot)].cell = number
                slot = places[Int(slot)].next
            }
        }
    }

    /// The number of cells, empty ones included.
    var cellCount: Int { heads.count }

    private mutating func unlink(_ slot: Int) {
        let place = places[slot]
        guard place.cell >= 0 else { return }
        placedCount -= 1
        if place.previous >= 0 { places[Int(place.previous)].next = place.next } else { heads[Int(place.cell)] = place.next }
        if place.next >= 0 { places[Int(place.next)].previous = place.previous }
        places[slot].cell = -1
        places[slot].next = -1
        places[slot].previous = -1
    }

    /// Living entities within `radius` of the point, including the border, in order of slots.
    mutating func search(_ x: Double, _ y: Double, radius: Double, _ entities: borrowing EntityTable) -> [Entity] {
        guard radius >= 0 else { return [] }
        found.removeAll(keepingCapacity: true)
        // Without the rounding margin in `discReach` the result would depend on how the cells are walked, and that on how many there have been.
        let (reachX, reachY) = (discReach(x, radius: radius), discReach(y, radius: radius))
        let low = (cell(x - reachX), cell(y - reachY))
        let high = (cell(x + reachX), cell(y + reachY))
        if (Double(high.0) - Double(low.0) + 1) * (Double(high.1) - Double(low.1) + 1) > Double(heads.count) {
            for cell in heads.indices { gather(cell, x, y, radius) }
        } else {
            for cx in low.0...high.0 {
                for cy in low.1...high.1 { if let cell = index[cellKey(cx, cy)] { gather(Int(cell), x, y, radius) } }
            }
        }
        found.sort()
        var answer: [Entity] = []
        answer.reserveCapacity(found.count)
        for slot in found { if let entity = entities.entityIfAlive(at: Int(slot)) { answer.append(entity) } }
        return answer
    }

    /// Adds the slots of a cell that are inside the disc.
    private mutating func gather(_ cell: Int, _ x: Double, _ y: Double, _ radius: Double) {
        var slot = heads[cell]
        while slot >= 0 {
            let place = places[Int(slot)]
            let (dx, dy) = (place.x - x, place.y - y)
            if dx * dx + dy * dy <= radius * radius { found.append(slot) }
            slot = place.next
        }
    }

    func position(of slot: Int) -> (x: Double, y: Double)? {
        guard slot < places.count, places[slot].cell >= 0 else { return nil }
        return (places[slot].x, places[slot].y)
    }
}
