/// A table from names to 64-bit numbers, for millions of entries: looked up by hash, iterated in the order of the entry array.
///
/// The order of the array depends only on the sequence of insertions and removals, so a replayed log gives the same order. Names are compared
/// byte by byte.
///
/// Open addressing with linear probing and backward-shift deletion, at most half full; entries are stored contiguously.
package struct NameTable: Sendable {
    private struct Entry {
        var name: String
        var hash: UInt64
        var number: UInt64
    }

    private let seed: UInt64
    private var entries: ContiguousArray<Entry> = []
    /// Indices of entries; -1 where there is none.
    private var places = ContiguousArray<Int32>(repeating: -1, count: 8)

    /// - Parameter seed: must be unknown to the clients that choose the names, or they could make names collide.
    package init(seed: UInt64) { self.seed = seed }

    package var count: Int { entries.count }

    /// Writing nil removes the entry; the last entry moves into its index.
    /// - Complexity: O(1) expected.
    package subscript(name: String) -> UInt64? {
        get {
            let index = Int(places[place(of: name, hash(name))])
            return index >= 0 ? entries[index].number : nil
        }
        set {
            let hash = hash(name)
            let place = place(of: name, hash)
            let index = Int(places[place])
            switch (index >= 0, newValue) {
            case (true, let number?): entries[index].number = number
            case (true, nil): remove(index, at: place)
            case (false, let number?):
                places[place] = Int32(entries.count)
                entries.append(Entry(name: name, hash: hash, number: number))
                if entries.count * 2 > places.count { grow() }
            case (false, nil): break
            }
        }
    }

    /// An entry, by its place in the order of iteration.
    /// - Precondition: `index < count`.
    package func entry(at index: Int) -> (name: String, number: UInt64) { (entries[index].name, entries[index].number) }

    private func hash(_ name: String) -> UInt64 { hash64(name.utf8, seed: seed) }
    private func home(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & (places.count - 1) }

    /// The place of the name, or the place where it would be inserted.
    private func place(of name: String, _ hash: UInt64) -> Int {
        var place = home(hash)
        while places[place] >= 0 {
            let entry = entries[Int(places[place])]
            if entry.hash == hash, entry.name.utf8.elementsEqual(name.utf8) { break }
            place = (place + 1) & (places.count - 1)
        }
        return place
    }

    private mutating func remove(_ index: Int, at place: Int) {
        vacate(place)
        let last = entries.removeLast()
        guard index < entries.count else { return }
        var moved = home(last.hash)
        while places[moved] != Int32(entries.count) { moved = (moved + 1) & (places.count - 1) }
        places[moved] = Int32(index)
        entries[index] = last
    }

    /// Empties a place and shifts displaced entries back, so that no probe sequence is interrupted.
    private mutating func vacate(_ place: Int) {
        var hole = place
        var probe = (hole + 1) & (places.count - 1)
        while places[probe] >= 0 {
            let distanceToHole = (probe - hole) & (places.count - 1)
            let distanceToHome = (probe - home(entries[Int(places[probe])].hash)) & (places.count - 1)
            if distanceToHome >= distanceToHole {
                places[hole] = places[probe]
                hole = probe
            }
            probe = (probe + 1) & (places.count - 1)
        }
        places[hole] = -1
    }

    private mutating func grow() {
        places = ContiguousArray(repeating: -1, count: places.count * 2)
        for (index, entry) in entries.enumerated() {
            var place = home(entry.hash)
            while places[place] >= 0 { place = (place + 1) & (places.count - 1) }
            places[place] = Int32(index)
        }
    }
}
