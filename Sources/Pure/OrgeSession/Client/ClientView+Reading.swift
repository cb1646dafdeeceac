package import OrgeSchema

extension ClientView {
    /// Entities in view, ascending.
    package var entityIDs: ContiguousArray<Entity> { entities }

    package func contains(_ entity: Entity) -> Bool { find(entity).found }

    /// - Returns: nil when the entity or this component of it is not in view.
    package func row(_ entity: Entity, _ component: UInt16) -> ArraySlice<UInt8>? {
        let place = find(entity)
        guard place.found, let plan = planIndex(component) else { return nil }
        let slot = Int(slots[place.index])
        return isPresent(slot: slot, plan: plan) ? row(slot: slot, plan: plan) : nil
    }

    /// All rows, ascending by entity and component.
    package func forEachRow<Failure: Error>(_ body: (Entity, UInt16, ArraySlice<UInt8>) throws(Failure) -> Void) throws(Failure) {
        for index in entities.indices {
            let slot = Int(slots[index])
            for plan in plans.indices where isPresent(slot: slot, plan: plan) {
                try body(entities[index], plans[plan].id, row(slot: slot, plan: plan))
            }
        }
    }

    /// The rows of one entity, ascending by component.
    package func rows(of entity: Entity) -> [(component: UInt16, row: ArraySlice<UInt8>)] {
        let place = find(entity)
        guard place.found else { return [] }
        let slot = Int(slots[place.index])
        return plans.indices.filter { isPresent(slot: slot, plan: $0) }.map { (plans[$0].id, row(slot: slot, plan: $0)) }
    }

    private func row(slot: Int, plan: Int) -> ArraySlice<UInt8> {
        switch plans[plan].place {
        case .fixed(let offset):
            let start = slot * recordBytes + offset
            return records[start..<start + plans[plan].layout.minBytes]
        case .short(let offset):
            let start = slot * recordBytes + offset
            let count = Int(records[start]) << 8 | Int(records[start + 1])
            return records[start + 2..<start + 2 + count]
        case .long(let index): return longRows[slot * longPerSlot + index][...]
        }
    }

    /// One structure, one truth: counts, order and presence agree.
    package func checkInvariants() {
        precondition(entities.count == slots.count, "a slot for each entity")
        precondition(zip(entities, entities.dropFirst()).allSatisfy { $0 < $1 }, "entities rise")
        precondition(presence.reduce(0) { $0 + $1.nonzeroBitCount } == rowCount, "rows are counted")
    }
}
