/// A map kept in the order of its keys, whatever its history: what a pure machine may walk through where a hash table may not.
///
/// Two arrays and a binary search: right up to some ten thousand entries, and nearly free when keys only grow.
public struct SortedMap<Key: Comparable, Value> {
    public private(set) var keys: ContiguousArray<Key> = []
    public private(set) var values: ContiguousArray<Value> = []

    public init() {}

    public var count: Int { keys.count }
    public var isEmpty: Bool { keys.isEmpty }

    /// The index of the key, or where it would go.
    /// - Complexity: O(log n).
    public func find(_ key: Key) -> (found: Bool, index: Int) {
        if let last = keys.last, last < key { return (false, keys.count) }
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return (low < keys.count && keys[low] == key, low)
    }

    /// Reads in O(log n); writing nil removes; adding and removing move what lies behind.
    public subscript(key: Key) -> Value? {
        get {
            let (found, index) = find(key)
            return found ? values[index] : nil
        }
        set {
            let (found, index) = find(key)
            switch (found, newValue) {
            case (true, let value?): values[index] = value
            case (true, nil):
                keys.remove(at: index)
                values.remove(at: index)
            case (false, let value?):
                keys.insert(key, at: index)
                values.insert(value, at: index)
            case (false, nil): break
            }
        }
    }

    /// Changes a value in place.
    /// - Returns: nil when the key is not there.
    public mutating func update<R>(_ key: Key, _ change: (inout Value) -> R) -> R? {
        let (found, index) = find(key)
        return found ? change(&values[index]) : nil
    }

    public mutating func updateAll(_ change: (Key, inout Value) -> Void) {
        for index in keys.indices { change(keys[index], &values[index]) }
    }

    public mutating func removeAll() {
        keys.removeAll()
        values.removeAll()
    }

    public mutating func removeAll(where isGone: (Key, Value) -> Bool) {
        var kept = SortedMap()
        for index in keys.indices where !isGone(keys[index], values[index]) {
            kept.keys.append(keys[index])
            kept.values.append(values[index])
        }
        self = kept
    }
}

extension SortedMap: Sequence {
    public func makeIterator() -> Zip2Sequence<ContiguousArray<Key>, ContiguousArray<Value>>.Iterator {
        zip(keys, values).makeIterator()
    }
}

extension SortedMap: Sendable where Key: Sendable, Value: Sendable {}
extension SortedMap: Equatable where Value: Equatable {}
