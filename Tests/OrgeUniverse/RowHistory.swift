import OrgeSchema
import OrgeWorld

/// What every visible row was after every tick, by hash: against this each client's view is held.
struct RowHistory {
    struct Key: Hashable {
        var entity: Entity
        var component: UInt16
    }

    private struct Change {
        var tick: UInt64
        /// nil: taken away.
        var hash: UInt64?
    }

    /// Looked up and never walked, so that the order of a hash table matters to nothing.
    private var changes: [Key: [Change]] = [:]
    private var gone: [Entity: UInt64] = [:]
    private let components: [UInt16]

    init(_ engine: WorldEngine) {
        components = engine.schema.components.map(\.id)
        engine.forEachVisibleRow { entity, component, row in
            changes[Key(entity: entity, component: component), default: []].append(Change(tick: 0, hash: hash64(row)))
        }
    }

    mutating func apply(_ set: ChangeSet, tick: UInt64) {
        for entity in set.despawned { gone[entity] = tick }
        for row in set.rows {
            let hash = row.bytes.map { hash64(set.bytes[$0]) }
            changes[Key(entity: row.entity, component: row.component), default: []].append(Change(tick: tick, hash: hash))
        }
    }

    /// The row's hash after a tick; nil when it was not there.
    func hash(_ entity: Entity, _ component: UInt16, at tick: UInt64) -> UInt64? {
        if let end = gone[entity], end <= tick { return nil }
        guard let list = changes[Key(entity: entity, component: component)] else { return nil }
        var low = 0
        var high = list.count
        while low < high {
            let middle = (low + high) / 2
            if list[middle].tick <= tick { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : list[low - 1].hash
    }

    /// How many visible rows an entity had after a tick.
    func rowCount(of entity: Entity, at tick: UInt64) -> Int {
        components.count { hash(entity, $0, at: tick) != nil }
    }

    /// Whether the newest entries are what the world holds.
    func disagreement(with engine: WorldEngine) -> String? {
        var difference: String?
        engine.forEachVisibleRow { entity, component, row in
            if hash(entity, component, at: .max) != hash64(row), difference == nil {
                difference = "row \(component) of \(entity) is not what the changes of the ticks add up to"
            }
        }
        return difference
    }
}
