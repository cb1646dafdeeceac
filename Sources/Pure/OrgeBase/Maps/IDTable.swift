/// A table from 64-bit ids to values, for look-up only: it cannot be iterated, so its internal order cannot influence results.
///
/// Open addressing with linear probing and backward-shift deletion; at most half full, and beyond 64 slots at least a sixteenth.
public struct IDTable<Value> {
    // Inlinable throughout, as SortedMap is.
    @usableFromInline var slots: ContiguousArray<(id: UInt64, value: Value)?>
    @usableFromInline var used = 0

    @inlinable public init() { slots = ContiguousArray(repeating: nil, count: 8) }

    @inlinable public var count: Int { used }

    /// - Complexity: O(1) expected, unless ids were chosen to collide.
    @inlinable
    public subscript(id: UInt64) -> Value? {
        get { slots[index(of: id)]?.value }
        set {
            let index = index(of: id)
            guard let newValue else { return remove(at: index) }
            let isNew = slots[index] == nil
            slots[index] = (id, newValue)
            guard isNew else { return }
            used += 1
            if used * 2 > slots.count { resize(to: slots.count * 2) }
        }
    }

    @inlinable
    public mutating func removeAll() {
        slots = ContiguousArray(repeating: nil, count: 8)
        used = 0
    }

    @inlinable
    func home(_ id: UInt64) -> Int { Int(truncatingIfNeeded: mix64(id)) & (slots.count - 1) }

    @inlinable
    func index(of id: UInt64) -> Int {
        var index = home(id)
        while let slot = slots[index], slot.id != id { index = (index + 1) & (slots.count - 1) }
        return index
    }

    @inlinable
    mutating func remove(at index: Int) {
        guard slots[index] != nil else { return }
        used -= 1
        slots[index] = nil
        var hole = index
        var probe = (index + 1) & (slots.count - 1)
        while let slot = slots[probe] {
            let distanceToHole = (probe - hole) & (slots.count - 1)
            let distanceToHome = (probe - home(slot.id)) & (slots.count - 1)
            if distanceToHome >= distanceToHole {
                slots[hole] = slot
                slots[probe] = nil
                hole = probe
            }
            probe = (probe + 1) & (slots.count - 1)
        }
        // To a quarter, which is then a quarter full: as far from growing as from shrinking again.
        if slots.count > 64, used * 16 < slots.count { resize(to: slots.count / 4) }
    }

    @inlinable
    mutating func resize(to count: Int) {
        let old = slots
        slots = ContiguousArray(repeating: nil, count: count)
        for case let slot? in old { slots[index(of: slot.id)] = slot }
    }
}

extension IDTable: Sendable where Value: Sendable {}
