import OrgeSchema

/// Places of entries by their hashes, for look-up only: open addressing, linear probing, backward-shift deletion, at most half full.
struct KeyIndex {
    /// Indices of entries; -1 where there is none.
    private var entries = ContiguousArray<Int32>(repeating: -1, count: 8)
    /// Of the same places.
    private var hashes = ContiguousArray<UInt64>(repeating: 0, count: 8)
    private var count = 0

    private func home(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & (entries.count - 1) }
    private func next(_ place: Int) -> Int { (place + 1) & (entries.count - 1) }

    /// - Parameter isMatch: whether the entry is the one that is looked for; asked of entries with its hash.
    /// - Complexity: O(1) expected.
    func find(_ hash: UInt64, _ isMatch: (Int) -> Bool) -> Int? {
        var place = home(hash)
        while entries[place] >= 0 {
            if hashes[place] == hash, isMatch(Int(entries[place])) { return Int(entries[place]) }
            place = next(place)
        }
        return nil
    }

    /// - Precondition: the entry is not in the index.
    mutating func insert(_ hash: UInt64, _ entry: Int) {
        if (count + 1) * 2 > entries.count { grow() }
        place(hash, Int32(entry))
        count += 1
    }

    private mutating func place(_ hash: UInt64, _ entry: Int32) {
        var place = home(hash)
        while entries[place] >= 0 { place = next(place) }
        entries[place] = entry
        hashes[place] = hash
    }

    private mutating func grow() {
        let (oldEntries, oldHashes) = (entries, hashes)
        entries = ContiguousArray(repeating: -1, count: oldEntries.count * 2)
        hashes = ContiguousArray(repeating: 0, count: oldEntries.count * 2)
        for (entry, hash) in zip(oldEntries, oldHashes) where entry >= 0 { place(hash, entry) }
    }

    /// - Precondition: the entry is in the index with this hash.
    mutating func remove(_ hash: UInt64, _ entry: Int) {
        var hole = home(hash)
        while entries[hole] != Int32(entry) {
            precondition(entries[hole] >= 0, "entry \(entry) is not in the index")
            hole = next(hole)
        }
        count -= 1
        close(hole)
    }

    /// Empties a place and shifts displaced entries back, so that no probe sequence is interrupted.
    private mutating func close(_ emptied: Int) {
        var hole = emptied
        var probe = next(hole)
        while entries[probe] >= 0 {
            let distanceToHole = (probe - hole) & (entries.count - 1)
            let distanceToHome = (probe - home(hashes[probe])) & (entries.count - 1)
            if distanceToHome >= distanceToHole {
                entries[hole] = entries[probe]
                hashes[hole] = hashes[probe]
                hole = probe
            }
            probe = next(probe)
        }
        entries[hole] = -1
    }
}
