import OrgeSchema

/// Finds slots by place: a hash of square cells, each a list that runs through the slots themselves.
///
/// A slot costs 40 bytes. Cells that fall into the same bucket share its list; a slot remembers its own cell, so a search visits it once.
struct SpatialGrid {
    private struct Place {
        var x = 0.0
        var y = 0.0
        var cellX: Int32 = 0
        var cellY: Int32 = 0
        /// Neighbours in the bucket's list; -1 for none, -2 where the slot is in no list.
        var next: Int32 = -2
        var previous: Int32 = -1
    }

    private let cellSide: Double
    private var places = ContiguousArray<Place>()
    private var heads = ContiguousArray<Int32>(repeating: -1, count: 64)
    private(set) var count = 0

    /// - Parameter radius: of the usual search. It touches some 25 cells then: few, and most of them inside the disc.
    init(radius: Double) {
        cellSide = max(1, radius.isFinite ? radius / 2 : 1)
    }

    mutating func grow(to slotCount: Int) {
        places.append(contentsOf: repeatElement(Place(), count: slotCount - places.count))
    }

    @inline(__always)
    func has(_ slot: Int) -> Bool { places[slot].next != -2 }

    func place(_ slot: Int) -> (x: Double, y: Double)? {
        has(slot) ? (places[slot].x, places[slot].y) : nil
    }

    /// Whether the slot has a place within the radius, the border included.
    @inline(__always)
    func isNear(_ slot: Int, _ x: Double, _ y: Double, radius: Double) -> Bool {
        guard has(slot) else { return false }
        let (dx, dy) = (places[slot].x - x, places[slot].y - y)
        return dx * dx + dy * dy <= radius * radius
    }

    mutating func move(_ slot: Int, to x: Double, _ y: Double) {
        let (cellX, cellY) = (cell(x), cell(y))
        let isKnown = has(slot)
        places[slot].x = x
        places[slot].y = y
        if isKnown, places[slot].cellX == cellX, places[slot].cellY == cellY { return }
        if isKnown { unlink(slot) }
        places[slot].cellX = cellX
        places[slot].cellY = cellY
        link(slot)
        if count > heads.count { rehash() }
    }

    mutating func remove(_ slot: Int) {
        guard has(slot) else { return }
        unlink(slot)
    }

    /// Calls with every slot within the radius, the border included, in no order that means anything.
    @inline(__always)
    func forEach(near x: Double, _ y: Double, radius: Double, _ visit: (Int) -> Void) {
        let (reachX, reachY) = (discReach(x, radius: radius), discReach(y, radius: radius))
        let (lowX, lowY, highX, highY) = (cell(x - reachX), cell(y - reachY), cell(x + reachX), cell(y + reachY))
        let cellCount = (Double(highX) - Double(lowX) + 1) * (Double(highY) - Double(lowY) + 1)
        guard cellCount <= Double(heads.count) else { return forAll(near: x, y, radius: radius, visit) }
        for cellX in lowX...highX {
            for cellY in lowY...highY {
                var slot = Int(heads[bucket(cellX, cellY)])
                while slot >= 0 {
                    let place = places[slot]
                    if place.cellX == cellX, place.cellY == cellY, Self.isNear(place, x, y, radius) { visit(slot) }
                    slot = Int(place.next)
                }
            }
        }
    }

    /// More cells than buckets: the slots themselves are fewer.
    private func forAll(near x: Double, _ y: Double, radius: Double, _ visit: (Int) -> Void) {
        for slot in places.indices where has(slot) && Self.isNear(places[slot], x, y, radius) { visit(slot) }
    }

    @inline(__always)
    private static func isNear(_ place: Place, _ x: Double, _ y: Double, _ radius: Double) -> Bool {
        let (dx, dy) = (place.x - x, place.y - y)
        return dx * dx + dy * dy <= radius * radius
    }

    @inline(__always)
    private func cell(_ value: Double) -> Int32 { cellIndex(value, side: cellSide) }

    @inline(__always)
    private func bucket(_ cellX: Int32, _ cellY: Int32) -> Int {
        Int(truncatingIfNeeded: mix64(cellKey(cellX, cellY))) & (heads.count - 1)
    }

    private mutating func link(_ slot: Int) {
        let bucket = bucket(places[slot].cellX, places[slot].cellY)
        places[slot].next = heads[bucket]
        places[slot].previous = -1
        if heads[bucket] >= 0 { places[Int(heads[bucket])].previous = Int32(slot) }
        heads[bucket] = Int32(slot)
        count += 1
    }

    private mutating func unlink(_ slot: Int) {
        let place = places[slot]
        if place.previous >= 0 {
            places[Int(place.previous)].next = place.next
        } else {
            heads[bucket(place.cellX, place.cellY)] = place.next
        }
        if place.next >= 0 { places[Int(place.next)].previous = place.previous }
        places[slot].next = -2
        places[slot].previous = -1
        count -= 1
    }

    private mutating func rehash() {
        heads = ContiguousArray(repeating: -1, count: heads.count * 4)
        count = 0
        for slot in places.indices where has(slot) { link(slot) }
    }
}
