/// A map in the order of its keys, whatever its history: what a pure machine may iterate where a hash table may not.
///
/// Entries lie in chunks of at most ``chunkLimit``, so that adding and removing move one chunk and never the whole map.
public struct SortedMap<Key: Comparable, Value> {
    // Inlinable throughout: unspecialised, one comparison costs more than a whole search.
    @usableFromInline struct Chunk {
        @usableFromInline var keys: ContiguousArray<Key> = []
        @usableFromInline var values: ContiguousArray<Value> = []

        @inlinable init() {}

        /// The index of the key, or where it would go.
        @inlinable
        func find(_ key: Key) -> (isFound: Bool, index: Int) {
            var low = 0
            var high = keys.count
            while low < high {
                let middle = (low + high) / 2
                if keys[middle] < key { low = middle + 1 } else { high = middle }
            }
            return (low < keys.count && keys[low] == key, low)
        }
    }

    /// Entries of one chunk at most: a removal moves a few kilobytes, and the list of chunks of a million entries moves no more.
    @usableFromInline static var chunkLimit: Int { 128 }

    /// In order; none is empty.
    @usableFromInline var chunks: ContiguousArray<Chunk> = []
    @usableFromInline var entryCount = 0

    @inlinable public init() {}

    @inlinable public var count: Int { entryCount }
    @inlinable public var isEmpty: Bool { entryCount == 0 }

    /// The index of the chunk that holds the key or would hold it: the first whose last key is not smaller, else the last one.
    /// - Precondition: the map is not empty.
    @inlinable
    func chunkIndex(of key: Key) -> Int {
        var low = 0
        var high = chunks.count - 1
        if chunks[high].keys.last! < key { return high }
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle].keys.last! < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// - Complexity: reading O(log n); writing moves one chunk, and now and then the list of chunks. Writing nil removes.
    @inlinable
    public subscript(key: Key) -> Value? {
        get {
            guard !isEmpty else { return nil }
            let chunk = chunkIndex(of: key)
            let (isFound, index) = chunks[chunk].find(key)
            return isFound ? chunks[chunk].values[index] : nil
        }
        set {
            guard !isEmpty else {
                if let newValue { insert(key, newValue, chunk: 0, index: 0) }
                return
            }
            let chunk = chunkIndex(of: key)
            let (isFound, index) = chunks[chunk].find(key)
            switch (isFound, newValue) {
            case (true, let value?): chunks[chunk].values[index] = value
            case (true, nil): remove(chunk: chunk, index: index)
            case (false, let value?): insert(key, value, chunk: chunk, index: index)
            case (false, nil): break
            }
        }
    }

    /// Changes a value in place.
    /// - Returns: nil when the key is not there.
    @inlinable
    public mutating func update<R>(_ key: Key, _ change: (inout Value) -> R) -> R? {
        guard !isEmpty else { return nil }
        let chunk = chunkIndex(of: key)
        let (isFound, index) = chunks[chunk].find(key)
        return isFound ? change(&chunks[chunk].values[index]) : nil
    }

    @inlinable
    public mutating func updateAll(_ change: (Key, inout Value) -> Void) {
        for chunk in chunks.indices {
            for index in chunks[chunk].keys.indices { change(chunks[chunk].keys[index], &chunks[chunk].values[index]) }
        }
    }

    @inlinable
    public mutating func removeAll() {
        chunks.removeAll()
        entryCount = 0
    }

    @inlinable
    public mutating func removeAll(where isGone: (Key, Value) -> Bool) {
        var kept = SortedMap()
        for (key, value) in self where !isGone(key, value) { kept[key] = value }
        self = kept
    }
}

// MARK: Chunks

extension SortedMap {
    @inlinable
    mutating func insert(_ key: Key, _ value: Value, chunk: Int, index: Int) {
        entryCount += 1
        if chunks.isEmpty { chunks.append(Chunk()) }
        guard chunks[chunk].keys.count >= Self.chunkLimit else { return insert(key, value, into: chunk, at: index) }
        if chunk == chunks.count - 1, index == Self.chunkLimit {
            // Keys that only grow leave full chunks.
            chunks.append(Chunk())
            return insert(key, value, into: chunk + 1, at: 0)
        }
        let half = Self.chunkLimit / 2
        split(chunk, at: half)
        if index <= half { insert(key, value, into: chunk, at: index) } else { insert(key, value, into: chunk + 1, at: index - half) }
    }

    @inlinable
    mutating func insert(_ key: Key, _ value: Value, into chunk: Int, at index: Int) {
        chunks[chunk].keys.insert(key, at: index)
        chunks[chunk].values.insert(value, at: index)
    }

    @inlinable
    mutating func split(_ chunk: Int, at index: Int) {
        var upper = Chunk()
        upper.keys.append(contentsOf: chunks[chunk].keys[index...])
        upper.values.append(contentsOf: chunks[chunk].values[index...])
        chunks[chunk].keys.removeSubrange(index...)
        chunks[chunk].values.removeSubrange(index...)
        chunks.insert(upper, at: chunk + 1)
    }

    @inlinable
    mutating func remove(chunk: Int, index: Int) {
        entryCount -= 1
        chunks[chunk].keys.remove(at: index)
        chunks[chunk].values.remove(at: index)
        if chunks[chunk].keys.isEmpty {
            chunks.remove(at: chunk)
        } else if chunk + 1 < chunks.count, chunks[chunk].keys.count + chunks[chunk + 1].keys.count <= Self.chunkLimit / 2 {
            let next = chunks.remove(at: chunk + 1)
            chunks[chunk].keys.append(contentsOf: next.keys)
            chunks[chunk].values.append(contentsOf: next.values)
        }
    }
}

// MARK: Iteration

extension SortedMap: Sequence {
    public struct Iterator: IteratorProtocol {
        @usableFromInline let chunks: ContiguousArray<Chunk>
        @usableFromInline var chunk = 0
        @usableFromInline var index = 0

        @inlinable init(_ map: SortedMap) { chunks = map.chunks }

        @inlinable
        public mutating func next() -> (Key, Value)? {
            guard chunk < chunks.count else { return nil }
            let entry = (chunks[chunk].keys[index], chunks[chunk].values[index])
            index += 1
            if index == chunks[chunk].keys.count {
                chunk += 1
                index = 0
            }
            return entry
        }
    }

    @inlinable public func makeIterator() -> Iterator { Iterator(self) }
    @inlinable public var underestimatedCount: Int { entryCount }

    // Closures, not key paths: a lazy sequence keeps what it is given, and a key path costs microseconds each time one is made.

    /// The keys in order.
    @inlinable public var keys: some Sequence<Key> { chunks.lazy.flatMap { $0.keys } }
    /// The values in the order of their keys.
    @inlinable public var values: some Sequence<Value> { chunks.lazy.flatMap { $0.values } }
    /// Calls with the entries from the key on, in order, until the visitor returns false.
    @inlinable
    public func visit(from key: Key, _ visitor: (Key, Value) -> Bool) {
        guard !isEmpty else { return }
        var chunk = chunkIndex(of: key)
        var index = chunks[chunk].find(key).index
        while chunk < chunks.count {
            while index < chunks[chunk].keys.count {
                guard visitor(chunks[chunk].keys[index], chunks[chunk].values[index]) else { return }
                index += 1
            }
            chunk += 1
            index = 0
        }
    }

    /// The entry with the smallest key.
    @inlinable public var first: (key: Key, value: Value)? { chunks.first.map { ($0.keys[0], $0.values[0]) } }
}

extension SortedMap.Chunk: Sendable where Key: Sendable, Value: Sendable {}
extension SortedMap: Sendable where Key: Sendable, Value: Sendable {}

extension SortedMap: Equatable where Value: Equatable {
    /// Equal entries; how they are spread over chunks follows from the history and does not count.
    @inlinable
    public static func == (a: SortedMap, b: SortedMap) -> Bool { a.count == b.count && a.elementsEqual(b) { $0.0 == $1.0 && $0.1 == $1.1 } }
}
