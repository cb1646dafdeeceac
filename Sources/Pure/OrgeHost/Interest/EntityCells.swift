import OrgeSchema
import OrgeWorld

/// For each entity the cell in which it is, kept up with the changes of each tick: what decides whether an edge is sent its rows.
///
/// Entities without a position, and those that have an owner, are sent to every edge: an owner sees them wherever they are.
struct EntityCells: Sendable {
    /// Of a cell, in the world's unit of length.
    let side: Double
    /// Slots whose cell, or whether they have one, was changed by the last tick; some of them twice.
    private(set) var moved = ContiguousArray<Int>()

    private struct Place {
        var key: UInt64 = 0
        /// Neighbours in the cell's list; -1 for none.
        var next: Int32 = -1
        var previous: Int32 = -1
    }

    private static let present: UInt8 = 1
    private static let placed: UInt8 = 2

    private let reader: PlaceReader
    /// Components that name an owner, and where in their rows.
    private let owners: [(component: UInt16, offset: Int)]
    private var marks = ContiguousArray<UInt8>()
    private var places = ContiguousArray<Place>()
    /// By slot a bit for each component of `owners` that names one; empty where no component does.
    private var owned = ContiguousArray<UInt64>()
    /// The first slot of each cell.
    private var heads = IDTable<Int32>()

    /// - Returns: nil when clients of this world do not see by distance: then nothing can be left out.
    init?(_ schema: WorldSchema) {
        guard let position = schema.position, position.outer.isFinite,
            let component = schema.components.first(where: { $0.id == position.component }), component.visibility == .everyone,
            let reader = PlaceReader(position, component.row)
        else { return nil }
        self.reader = reader
        side = max(1, position.outer / 2)
        owners = schema.components.compactMap { component in
            component.visibility == .server ? nil : component.row.ownerOffset.map { (component.id, $0) }
        }
    }

    var slotCount: Int { marks.count }

    func has(_ slot: Int) -> Bool { slot < marks.count && marks[slot] & Self.present != 0 }

    /// Whether the slot's entity goes to every edge.
    func isEverywhere(_ slot: Int) -> Bool {
        guard has(slot) else { return false }
        return marks[slot] & Self.placed == 0 || !owned.isEmpty && owned[slot] != 0
    }

    /// The cell of the slot's entity.
    /// - Precondition: it has one, as all have that are not everywhere.
    func cell(_ slot: Int) -> UInt64 { places[slot].key }

    func forEach(in cell: UInt64, _ visit: (_ slot: Int) -> Void) {
        var slot = heads[cell] ?? -1
        while slot >= 0 {
            let next = places[Int(slot)].next
            visit(Int(slot))
            slot = next
        }
    }
}

extension EntityCells {
    /// Takes in everything that lives.
    mutating func fill(from engine: WorldEngine) {
        for slot in 0..<engine.slotCount {
            guard let entity = engine.entity(at: slot) else { continue }
            enter(slot)
            if let place = engine.place(of: entity) { move(slot, to: place) }
            for (index, owner) in owners.enumerated() {
                if let row = engine.row(entity, owner.component) { setOwner(slot, index, row, at: 0) }
            }
        }
        moved.removeAll(keepingCapacity: true)
    }

    /// Takes in the changes of a tick.
    mutating func apply(_ changes: ChangeSet) {
        moved.removeAll(keepingCapacity: true)
        for entity in changes.despawned { remove(Int(entity.slot)) }
        for row in changes.visibleRows {
            let slot = Int(row.entity.slot)
            enter(slot)
            if row.component == reader.component {
                if let bytes = row.bytes { move(slot, to: reader.read(changes.bytes, at: bytes.lowerBound)) } else { displace(slot) }
            }
            for (index, owner) in owners.enumerated() where owner.component == row.component {
                if let bytes = row.bytes { setOwner(slot, index, changes.bytes, at: bytes.lowerBound) } else { clearOwner(slot, index) }
            }
        }
    }

    private mutating func enter(_ slot: Int) {
        if slot >= marks.count { grow(to: slot + 1) }
        guard marks[slot] & Self.present == 0 else { return }
        marks[slot] = Self.present
        moved.append(slot)
    }

    private mutating func remove(_ slot: Int) {
        guard has(slot) else { return }
        displace(slot)
        if !owned.isEmpty { owned[slot] = 0 }
        marks[slot] = 0
        moved.append(slot)
    }

    private mutating func move(_ slot: Int, to place: (x: Double, y: Double)) {
        let key = cellKey(cellIndex(place.x, side: side), cellIndex(place.y, side: side))
        if marks[slot] & Self.placed != 0 {
            guard places[slot].key != key else { return }
            unlink(slot)
        }
        marks[slot] |= Self.placed
        link(slot, key)
        moved.append(slot)
    }

    private mutating func displace(_ slot: Int) {
        guard marks[slot] & Self.placed != 0 else { return }
        unlink(slot)
        marks[slot] &= ~Self.placed
        moved.append(slot)
    }

    private mutating func link(_ slot: Int, _ key: UInt64) {
        let first = heads[key] ?? -1
        places[slot] = Place(key: key, next: first)
        if first >= 0 { places[Int(first)].previous = Int32(slot) }
        heads[key] = Int32(slot)
    }

    private mutating func unlink(_ slot: Int) {
        let place = places[slot]
        if place.next >= 0 { places[Int(place.next)].previous = place.previous }
        if place.previous >= 0 {
            places[Int(place.previous)].next = place.next
        } else {
            heads[place.key] = place.next >= 0 ? place.next : nil
        }
    }

    private mutating func setOwner(_ slot: Int, _ index: Int, _ bytes: [UInt8], at start: Int) {
        guard !Entity(raw: loadBigEndian64(bytes, at: start + owners[index].offset)).isNone else { return clearOwner(slot, index) }
        if owned[slot] == 0 { moved.append(slot) }
        owned[slot] |= 1 << UInt64(index)
    }

    private mutating func clearOwner(_ slot: Int, _ index: Int) {
        guard owned[slot] & (1 << UInt64(index)) != 0 else { return }
        owned[slot] &= ~(1 << UInt64(index))
        if owned[slot] == 0 { moved.append(slot) }
    }

    private mutating func grow(to needed: Int) {
        var count = max(64, marks.count)
        while count < needed { count *= 2 }
        marks.append(contentsOf: repeatElement(0, count: count - marks.count))
        places.append(contentsOf: repeatElement(Place(), count: count - places.count))
        if !owners.isEmpty { owned.append(contentsOf: repeatElement(0, count: count - owned.count)) }
    }
}
