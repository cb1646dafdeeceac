/// A map in ascending order of its keys. Iteration does not depend on history, which pure machines need and a hash table does not give.
///
/// Two arrays and a binary search: fit for up to some ten thousand entries; appending ascending keys costs O(1).
public struct SortedMap<Key: Comparable, Value> {
    // Inlinable throughout: unspecialised, one comparison costs more than a whole search.
    @usableFromInline var sortedKeys: ContiguousArray<Key> = []
    @usableFromInline var sortedValues: ContiguousArray<Value> = []

    @inlinable public init() {}

    @inlinable public var keys: ContiguousArray<Key> { sortedKeys }
    @inlinable public var values: ContiguousArray<Value> { sortedValues }
    @inlinable public var count: Int { sortedKeys.count }
    @inlinable public var isEmpty: Bool { sortedKeys.isEmpty }

    /// The index of the key, or the index where it would be inserted.
    /// - Complexity: O(log n).
    @inlinable
    public func find(_ key: Key) -> (found: Bool, index: Int) {
        if let last = sortedKeys.last, last < key { return (false, sortedKeys.count) }
        var low = 0
        var high = sortedKeys.count
        while low < high {
            let middle = (low + high) / 2
            if sortedKeys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return (low < sortedKeys.count && sortedKeys[low] == key, low)
    }

    /// Reads in O(log n); writing nil removes; inserting and removing move all later entries.
    @inlinable
    public subscript(key: Key) -> Value? {
        get {
            let (found, index) = find(key)
            return found ? sortedValues[index] : nil
        }
        set {
            let (found, index) = find(key)
            switch (found, newValue) {
            case (true, let value?): sortedValues[index] = value
            case (true, nil):
                sortedKeys.remove(at: index)
                sortedValues.remove(at: index)
            case (false, let value?):
                sortedKeys.insert(key, at: index)
                sortedValues.insert(value, at: index)
            case (false, nil): break
            }
        }
    }

    /// Changes a value in place.
    /// - Returns: nil when the key is not there.
    @inlinable
    public mutating func update<R>(_ key: Key, _ change: (inout Value) -> R) -> R? {
        let (found, index) = find(key)
        return found ? change(&sortedValues[index]) : nil
    }

    @inlinable
    public mutating func removeAll() {
        sortedKeys.removeAll()
        sortedValues.removeAll()
    }

    @inlinable
    public mutating func removeAll(where isGone: (Key, Value) -> Bool) {
        var kept = SortedMap()
        for index in sortedKeys.indices where !isGone(sortedKeys[index], sortedValues[index]) {
            kept.sortedKeys.append(sortedKeys[index])
            kept.sortedValues.append(sortedValues[index])
        }
        self = kept
    }
}

extension SortedMap: Sequence {
    @inlinable
    public func makeIterator() -> Zip2Sequence<ContiguousArray<Key>, ContiguousArray<Value>>.Iterator {
        zip(sortedKeys, sortedValues).makeIterator()
    }
}

extension SortedMap: Sendable where Key: Sendable, Value: Sendable {}
extension SortedMap: Equatable where Value: Equatable {}
