import OrgeSchema
import OrgeWorld

/// The entities that an avatar owns, from the owner fields of the world's own rows.
///
/// It is kept only while audits are asked for, and brought up to date in steps: after the first audit the owner fields of all rows are scanned,
/// then the changes of each tick are applied. Rows that the scan has not reached are left to it.
struct OwnedEntities {
    private struct Key: Comparable {
        var owner: Entity
        var entity: Entity
        var component: UInt16

        static func < (a: Key, b: Key) -> Bool { (a.owner, a.entity, a.component) < (b.owner, b.entity, b.component) }
    }

    /// The entity in a slot when its row was read, and the owner that the row named.
    private struct Owned {
        var entity: Entity
        var owner: Entity
    }

    /// Rows that one step reads or applies: a few tenths of a millisecond of work.
    private static let stepRows = 4_096

    /// Components with an owner field, and where in a row's canonical bytes it stands.
    private let owning: [(component: UInt16, offset: Int)]
    private var byOwner = SortedMap<Key, Void>()
    /// By component and slot.
    private var owned = IDTable<Owned>()
    /// Everything of the components before this one was scanned, and of this one every slot below `scannedSlots`.
    private var scannedComponents = 0
    private var scannedSlots = 0
    /// Changes of executed ticks that were not applied yet, and the next row of the first.
    private var pending: [ChangeSet] = []
    private var pendingRow = 0
    private(set) var pendingRowCount = 0

    init(_ schema: WorldSchema) {
        owning = schema.components.filter { $0.visibility != .server }.compactMap { component in
            component.row.ownerOffset.map { (component.id, $0) }
        }
    }

    var isUpToDate: Bool { scannedComponents == owning.count && pending.isEmpty }

    /// A tick was executed.
    mutating func append(_ changes: ChangeSet) {
        guard !owning.isEmpty, !changes.rows.isEmpty || !changes.despawned.isEmpty else { return }
        pending.append(changes)
        pendingRowCount += changes.rows.count + changes.despawned.count
    }

    /// Does a bounded piece of the work that is left.
    mutating func step(_ engine: WorldEngine) {
        var left = Self.stepRows
        while left > 0, let changes = pending.first { apply(changes, &left) }
        guard pending.isEmpty else { return }
        while left > 0, scannedComponents < owning.count { scan(engine, &left) }
    }

    /// In ascending order, each once.
    func entities(of owner: Entity) -> [Entity] {
        var found: [Entity] = []
        byOwner.visit(from: Key(owner: owner, entity: .none, component: 0)) { key, _ in
            guard key.owner == owner else { return false }
            if found.last != key.entity { found.append(key.entity) }
            return true
        }
        return found
    }

    private mutating func apply(_ changes: ChangeSet, _ left: inout Int) {
        if pendingRow == 0 {
            for entity in changes.despawned { for (component, _) in owning { forget(entity, component) } }
            left -= changes.despawned.count
        }
        let end = min(changes.rows.count, pendingRow + max(1, left))
        for row in changes.rows[pendingRow..<end] {
            guard let place = owning.firstIndex(where: { $0.component == row.component }), isScanned(place, slot: Int(row.entity.slot)) else { continue }
            set(row.entity, row.component, owner: row.bytes.map { Self.owner(in: changes.bytes[$0], at: owning[place].offset) })
        }
        left -= end - pendingRow
        pendingRow = end
        guard end == changes.rows.count else { return }
        pending.removeFirst()
        pendingRowCount -= changes.rows.count + changes.despawned.count
        pendingRow = 0
    }

    private func isScanned(_ place: Int, slot: Int) -> Bool {
        place < scannedComponents || (place == scannedComponents && slot < scannedSlots)
    }

    private mutating func scan(_ engine: WorldEngine, _ left: inout Int) {
        let (component, offset) = owning[scannedComponents]
        let end = min(engine.slotCount, scannedSlots + left)
        for slot in scannedSlots..<max(scannedSlots, end) {
            guard let entity = engine.entity(at: slot), let row = engine.row(entity, component) else { continue }
            set(entity, component, owner: Self.owner(in: row[...], at: offset))
        }
        left -= max(1, end - scannedSlots)
        scannedSlots = end
        guard end >= engine.slotCount else { return }
        scannedComponents += 1
        scannedSlots = 0
    }

    /// - Parameter owner: nil when the row is gone.
    private mutating func set(_ entity: Entity, _ component: UInt16, owner: Entity?) {
        let id = Self.id(component, slot: entity.slot)
        if let old = owned[id] { byOwner[Key(owner: old.owner, entity: old.entity, component: component)] = nil }
        guard let owner, owner != .none else { return owned[id] = nil }
        owned[id] = Owned(entity: entity, owner: owner)
        byOwner[Key(owner: owner, entity: entity, component: component)] = ()
    }

    private mutating func forget(_ entity: Entity, _ component: UInt16) {
        if owned[Self.id(component, slot: entity.slot)]?.entity == entity { set(entity, component, owner: nil) }
    }

    private static func id(_ component: UInt16, slot: UInt32) -> UInt64 { UInt64(component) << 32 | UInt64(slot) }

    private static func owner(in row: ArraySlice<UInt8>, at offset: Int) -> Entity {
        let start = row.startIndex + offset
        return Entity(raw: row[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) })
    }
}
