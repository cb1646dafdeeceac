package import OrgeSchema
import OrgeWire

/// What a client knows of its world: (entity, component) → canonical row.
///
/// Entities are kept in ascending order beside the number of a slot; a slot is one record of fixed length with a place for each component, so that a row
/// of a known entity is written without allocating. Rows that may grow long lie outside of the records.
package struct ClientView: Sendable {
    /// Where and how the rows of one component are kept.
    struct Plan: Sendable {
        enum Place: Sendable {
            /// Always the same length, at this offset of the record.
            case fixed(offset: Int)
            /// A u16 length, then the row, at this offset of the record.
            case short(offset: Int)
            /// In ``ClientView/longRows``, at this index among a slot's.
            case long(index: Int)
        }

        let id: UInt16
        let layout: RowLayout
        let place: Place
        let codec: RowCodec
        /// Nothing in the row can be malformed: stepping over it is enough.
        let isPlain: Bool
    }

    /// Rows that can be longer than this are kept outside of the records.
    static let shortRowBytes = 256

    /// Ascending by id.
    let plans: [Plan]
    /// The index of a component's plan, by id; -1 for none.
    private let planIndices: [Int32]
    /// The plan of each bit of an entry's components.
    let planOfBit: [Int]
    let idBase: Entity
    /// A changed row while it is put together.
    var scratch = ByteWriter()
    let recordBytes: Int
    let wordsPerSlot: Int
    let longPerSlot: Int

    /// Ascending; ``slots`` beside it.
    private(set) var entities: ContiguousArray<Entity> = []
    private(set) var slots: ContiguousArray<Int32> = []
    var records: [UInt8] = []
    /// A bit per component that the slot's entity shows.
    var presence: [UInt64] = []
    var longRows: [[UInt8]] = []
    private var freeSlots: [Int32] = []
    private var slotCount = 0
    /// Rows in view.
    package internal(set) var rowCount = 0
    /// The view is complete through this tick; nil before the first complete update.
    package internal(set) var completeTick: UInt64?
    /// Frames of an update have been applied and its last one has not.
    package internal(set) var openTick: UInt64?

    /// - Parameter idBase: as told in `joined`.
    package init(_ schema: WorldSchema, idBase: Entity) {
        var plans: [Plan] = []
        var indices = [Int32](repeating: -1, count: Int(schema.components.last?.id ?? 0) + 1)
        var offset = 0
        var longCount = 0
        for component in schema.components {
            indices[Int(component.id)] = Int32(plans.count)
            let place = Self.place(component.row, &offset, &longCount)
            plans.append(Plan(id: component.id, layout: component.row, place: place, codec: RowCodec(component.row), isPlain: component.row.isPlain))
        }
        self.plans = plans
        planIndices = indices
        planOfBit = updateComponents(schema).map { Int(indices[Int($0.id)]) }
        self.idBase = idBase
        recordBytes = offset
        wordsPerSlot = (plans.count + 63) / 64
        longPerSlot = longCount
    }

    private static func place(_ layout: RowLayout, _ offset: inout Int, _ longCount: inout Int) -> Plan.Place {
        if layout.maxBytes > shortRowBytes {
            longCount += 1
            return .long(index: longCount - 1)
        }
        let start = offset
        offset += layout.isFixed ? layout.minBytes : 2 + layout.maxBytes
        return layout.isFixed ? .fixed(offset: start) : .short(offset: start)
    }

    package var entityCount: Int { entities.count }

    package func planIndex(_ component: UInt16) -> Int? {
        guard Int(component) < planIndices.count, planIndices[Int(component)] >= 0 else { return nil }
        return Int(planIndices[Int(component)])
    }
}

extension RowLayout {
    /// Any bytes of the right number are a row: integers and entities only.
    fileprivate var isPlain: Bool {
        fields.allSatisfy { field in
            switch field.kind {
            case .scalar(let scalar), .vector(let scalar, _): scalar.isInteger || scalar == .entity
            case .text, .list, .choice: false
            }
        }
    }
}

extension ClientView {
    /// The place of the entity, or where it would go. Updates come in no promised order, but mostly in a rising one: `hint` is looked at first.
    func find(_ entity: Entity, hint: Int = 0) -> (found: Bool, index: Int) {
        if hint < entities.count, entities[hint] == entity { return (true, hint) }
        guard let last = entities.last, entity <= last else { return (false, entities.count) }
        var low = 0
        var high = entities.count
        while low < high {
            let middle = (low + high) / 2
            if entities[middle] < entity { low = middle + 1 } else { high = middle }
        }
        return (entities[low] == entity, low)
    }

    mutating func insert(_ entity: Entity, at index: Int) -> Int {
        let slot = freeSlots.popLast().map(Int.init) ?? growSlots()
        entities.insert(entity, at: index)
        slots.insert(Int32(slot), at: index)
        return slot
    }

    private mutating func growSlots() -> Int {
        defer { slotCount += 1 }
        if (slotCount + 1) * recordBytes > records.count {
            let more = max(16, slotCount)
            records.append(contentsOf: repeatElement(0, count: more * recordBytes))
        }
        presence.append(contentsOf: repeatElement(0, count: wordsPerSlot))
        longRows.append(contentsOf: repeatElement([], count: longPerSlot))
        return slotCount
    }

    mutating func remove(at index: Int) {
        let slot = Int(slots[index])
        clear(slot: slot)
        entities.remove(at: index)
        slots.remove(at: index)
        freeSlots.append(Int32(slot))
    }

    /// Takes all rows of a slot away.
    mutating func clear(slot: Int) {
        for word in slot * wordsPerSlot..<(slot + 1) * wordsPerSlot {
            rowCount -= presence[word].nonzeroBitCount
            presence[word] = 0
        }
        for index in slot * longPerSlot..<(slot + 1) * longPerSlot { longRows[index] = [] }
    }

    mutating func removeAll() {
        entities.removeAll(keepingCapacity: true)
        slots.removeAll(keepingCapacity: true)
        freeSlots.removeAll()
        presence.removeAll(keepingCapacity: true)
        longRows.removeAll()
        records.removeAll(keepingCapacity: true)
        slotCount = 0
        rowCount = 0
    }

    func isPresent(slot: Int, plan: Int) -> Bool { presence[slot * wordsPerSlot + plan / 64] >> UInt64(plan % 64) & 1 == 1 }

    mutating func setPresent(slot: Int, plan: Int) {
        let bit: UInt64 = 1 << UInt64(plan % 64)
        let word = slot * wordsPerSlot + plan / 64
        if presence[word] & bit == 0 {
            presence[word] |= bit
            rowCount += 1
        }
    }

    mutating func setAbsent(slot: Int, plan: Int) {
        guard isPresent(slot: slot, plan: plan) else { return }
        presence[slot * wordsPerSlot + plan / 64] &= ~(1 << UInt64(plan % 64))
        rowCount -= 1
        if case .long(let index) = plans[plan].place { longRows[slot * longPerSlot + index] = [] }
    }
}
