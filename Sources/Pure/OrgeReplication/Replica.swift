package import OrgeSchema

/// The edge's copy of one world: every row that may leave the host, as canonical bytes, with the tick in which each last changed.
///
/// It is never half way between two ticks: the caller checks a whole release first (``fault(_:_:byteCount:)``), then applies it between
/// ``begin(_:)`` and ``end()``. Row bytes are not looked into beyond their length, the owner and the place: they come from the host, whose
/// own encoding they are.
///
/// It cannot be copied: a copy of its dozen arrays is a dozen reference counts, and views are built by the thousand a second.
package struct Replica: ~Copyable, Sendable {
    package let number: UInt16
    package let schema: WorldSchema
    /// Everything through this tick is in.
    package private(set) var tick: UInt64 = 0
    package private(set) var entityCount = 0
    /// Avatars whose view the last applied tick may have changed, some of them twice; not filled by images.
    package private(set) var touchedOwners = ContiguousArray<Entity>()

    var columns: ContiguousArray<ReplicaColumn>
    /// A bit for each public column.
    let publicColumns: UInt64
    /// A bit for each column.
    let allColumns: UInt64
    /// For each slot a bit for each column that has a row of it.
    private var presence = ContiguousArray<UInt64>()
    /// Tick of the last change of each slot's row in each column, its going included; slot by slot.
    private var rowChanges = ContiguousArray<UInt64>()
    private let columnOfComponent: [Int]
    private let placeReader: PlaceReader?
    /// The entity in each slot.
    private var entities = ContiguousArray<Entity>()
    /// Tick of the last change of anything about the slot's entity.
    private var changed = ContiguousArray<UInt64>()
    /// For each component that names an owner.
    private var owners: ContiguousArray<OwnerIndex>
    private(set) var grid: SpatialGrid
    private var pendingTick: UInt64 = 0
    /// Rows named by the image that is being applied, by column and slot.
    private var seen: [ContiguousArray<Bool>] = []

    /// - Parameter number: of the world: an entity that comes from another one has no slot here.
    package init(_ schema: WorldSchema, number: UInt16) {
        self.number = number
        self.schema = schema
        let visible = schema.components.filter { $0.visibility != .server }
        precondition(visible.count <= 64, "a column is a bit of 64")
        columns = ContiguousArray(visible.map(ReplicaColumn.init))
        allColumns = visible.count == 64 ? .max : (1 << UInt64(visible.count)) - 1
        publicColumns = visible.indices.reduce(0) { $0 | (visible[$1].visibility == .everyone ? 1 << UInt64($1) : 0) }
        var index = [Int](repeating: -1, count: visible.reduce(0) { max($0, Int($1.id) + 1) })
        for (column, component) in visible.enumerated() { index[Int(component.id)] = column }
        columnOfComponent = index
        owners = ContiguousArray(
            visible.enumerated().compactMap { column, component in component.row.ownerOffset.map { OwnerIndex(column: column, offset: $0) } })
        let position = schema.position.flatMap { position in
            visible.first { $0.id == position.component && $0.visibility == .everyone }.flatMap { PlaceReader(position, $0.row) }
        }
        placeReader = position
        grid = SpatialGrid(radius: schema.position?.inner ?? 1)
    }

    /// Whether clients see discs; otherwise only what is theirs.
    package var hasPlaces: Bool { placeReader != nil }
    package var rowCount: Int { columns.reduce(0) { $0 + $1.rowCount } }
    package var slotCount: Int { entities.count }

    @inline(__always)
    func entity(_ slot: Int) -> Entity { entities[slot] }
    /// Whether the slot's entity is the avatar, or names it as an owner.
    @inline(__always)
    func isOwned(_ slot: Int, by avatar: Entity) -> Bool {
        if avatar.isNone { return false }
        if entities[slot] == avatar { return true }
        for index in owners.indices where owners[index].owner(slot) == avatar { return true }
        return false
    }
    @inline(__always)
    func lastChange(_ slot: Int) -> UInt64 { changed[slot] }
    /// The columns that have a row of the slot, as bits.
    @inline(__always)
    func rows(_ slot: Int) -> UInt64 { presence[slot] }
    /// Those of the columns whose row changed, came or went after the tick.
    @inline(__always)
    func changes(_ slot: Int, among columns: UInt64, since tick: UInt64) -> UInt64 {
        var left = columns
        var changed: UInt64 = 0
        let start = slot * self.columns.count
        while left != 0 {
            let column = left.trailingZeroBitCount
            if rowChanges[start + column] > tick { changed |= 1 << UInt64(column) }
            left &= left - 1
        }
        return changed
    }
    @inline(__always)
    func forEachOwned(by owner: Entity, _ visit: (Int) -> Void) {
        for index in owners.indices { owners[index].forEachOwned(by: owner, visit) }
    }

    /// The slot of an entity that is here.
    func slot(_ entity: Entity) -> Int? {
        let slot = Int(entity.slot)
        return slot < entities.count && entities[slot] == entity && !entity.isNone ? slot : nil
    }

    package func isPresent(_ entity: Entity) -> Bool { slot(entity) != nil }

    package func place(_ entity: Entity) -> (x: Double, y: Double)? { slot(entity).flatMap { grid.place($0) } }

    package func row(_ entity: Entity, _ component: UInt16) -> [UInt8]? {
        guard let slot = slot(entity), let column = column(component) else { return nil }
        return columns[column].bytes(slot).map { Array($0) }
    }

    private func column(_ component: UInt16) -> Int? {
        guard Int(component) < columnOfComponent.count, columnOfComponent[Int(component)] >= 0 else { return nil }
        return columnOfComponent[Int(component)]
    }
}

/// Why a row from a host cannot be applied.
package enum ReplicaFault: Error, Equatable, Sendable {
    case unknownComponent(UInt16)
    case badLength(component: UInt16, byteCount: Int)
    /// No entity of this world, or a slot over `Entity.slotLimit`.
    case badEntity(Entity)
    case tickWentBack(from: UInt64, to: UInt64)
}

extension Replica {
    /// Whether a row can be applied. Every row of a release or image is checked before any of them is applied.
    package func fault(_ entity: Entity, _ component: UInt16, byteCount: Int) -> ReplicaFault? {
        guard let column = column(component) else { return .unknownComponent(component) }
        guard columns[column].accepts(byteCount) else { return .badLength(component: component, byteCount: byteCount) }
        guard entity.world == number, entity.generation > 0, entity.slot < Entity.slotLimit else { return .badEntity(entity) }
        return nil
    }

    /// - Precondition: the tick is after the one held; between `begin` and ``end()`` no view may be built.
    package mutating func begin(_ tick: UInt64) {
        precondition(tick > self.tick, "a release of tick \(tick) on a replica at \(self.tick)")
        pendingTick = tick
        touchedOwners.removeAll(keepingCapacity: true)
    }

    package mutating func end() {
        tick = pendingTick
    }

    /// Removes an entity. One without visible rows is unknown here; then nothing happens.
    package mutating func remove(_ entity: Entity) {
        guard let slot = slot(entity) else { return }
        touch(slot)
        for column in columns.indices where columns[column].unset(slot) { noteChange(slot, column, isPresent: false) }
        grid.remove(slot)
        for index in owners.indices { owners[index].set(slot, .none) }
        entities[slot] = .none
        entityCount -= 1
    }

    package mutating func unset(_ entity: Entity, _ component: UInt16) {
        guard let slot = slot(entity), let column = column(component) else { return }
        guard columns[column].unset(slot) else { return }
        noteChange(slot, column, isPresent: false)
        touch(slot)
        rowChanged(slot, column)
    }

    /// - Precondition: ``fault(_:_:byteCount:)`` has nothing against it.
    package mutating func set(_ entity: Entity, _ component: UInt16, _ bytes: [UInt8], at start: Int, count: Int) {
        guard let column = column(component) else { preconditionFailure("a row that was not checked") }
        let slot = Int(entity.slot)
        if slot >= entities.count { grow(to: slot + 1) }
        if entities[slot] != entity { enter(entity, slot) }
        if !seen.isEmpty { seen[column][slot] = true }
        let lastChange = rowChanges[slot * columns.count + column]
        guard columns[column].set(slot, bytes, at: start, count: count, lastChange: lastChange, tick: pendingTick) else { return }
        noteChange(slot, column, isPresent: true)
        touch(slot)
        if let placeReader, placeReader.component == component {
            let (x, y) = placeReader.read(bytes, at: start)
            grid.move(slot, to: x, y)
        }
        if columns[column].ownerOffset != nil { refreshOwner(slot, column) }
    }

    private mutating func noteChange(_ slot: Int, _ column: Int, isPresent: Bool) {
        let bit: UInt64 = 1 << UInt64(column)
        if isPresent { presence[slot] |= bit } else { presence[slot] &= ~bit }
        rowChanges[slot * columns.count + column] = pendingTick
    }

    private mutating func enter(_ entity: Entity, _ slot: Int) {
        remove(entities[slot])
        entities[slot] = entity
        entityCount += 1
        touch(slot)
    }

    private mutating func rowChanged(_ slot: Int, _ column: Int) {
        if columns[column].component == placeReader?.component { grid.remove(slot) }
        if columns[column].ownerOffset != nil { refreshOwner(slot, column) }
    }

    private mutating func refreshOwner(_ slot: Int, _ column: Int) {
        for index in owners.indices where owners[index].column == column {
            let owner = columns[column].entityField(slot, at: owners[index].offset) ?? .none
            guard owner != owners[index].owner(slot) else { return }
            owners[index].set(slot, owner)
            touchedOwners.append(owner)
        }
    }

    private mutating func touch(_ slot: Int) {
        guard changed[slot] != pendingTick else { return }
        changed[slot] = pendingTick
        touchedOwners.append(entities[slot])
        for index in owners.indices where !owners[index].owner(slot).isNone { touchedOwners.append(owners[index].owner(slot)) }
    }

    private mutating func grow(to needed: Int) {
        var slotCount = max(64, entities.count)
        while slotCount < needed { slotCount *= 2 }
        entities.append(contentsOf: repeatElement(.none, count: slotCount - entities.count))
        changed.append(contentsOf: repeatElement(0, count: slotCount - changed.count))
        presence.append(contentsOf: repeatElement(0, count: slotCount - presence.count))
        rowChanges.append(contentsOf: repeatElement(0, count: slotCount * columns.count - rowChanges.count))
        for column in columns.indices { columns[column].grow(to: slotCount) }
        for index in owners.indices { owners[index].grow(to: slotCount) }
        grid.grow(to: slotCount)
        for column in seen.indices { seen[column].append(contentsOf: repeatElement(false, count: slotCount - seen[column].count)) }
    }
}

/// A full image is applied as the difference to what is here, so that a client's view never goes back, and rows that did not change are
/// not sent again.
extension Replica {
    /// - Precondition: the tick is not before the one held.
    package mutating func beginImage(_ tick: UInt64) {
        precondition(tick >= self.tick, "an image of tick \(tick) on a replica at \(self.tick)")
        pendingTick = tick
        touchedOwners.removeAll(keepingCapacity: true)
        seen = [ContiguousArray<Bool>](repeating: ContiguousArray(repeating: false, count: entities.count), count: columns.count)
    }

    /// Removes what the image did not name.
    package mutating func endImage() {
        for slot in entities.indices where !entities[slot].isNone {
            if !isSeen(slot) {
                remove(entities[slot])
                continue
            }
            for column in columns.indices where columns[column].has(slot) && !seen[column][slot] {
                unset(entities[slot], columns[column].component)
            }
        }
        seen = []
        touchedOwners.removeAll()
        end()
    }

    private func isSeen(_ slot: Int) -> Bool {
        for column in seen.indices where seen[column][slot] { return true }
        return false
    }
}
