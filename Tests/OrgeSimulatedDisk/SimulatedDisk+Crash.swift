internal import OrgeJournal
internal import OrgeSchema

extension SimulatedDisk {
    /// Decides what of the unsynced is on the disk after all.
    mutating func crash(seed: UInt64) {
        var random = RandomSource(seed: seed)
        // Either the folders' changes are kept as far as some moment, as a journaling file system does it, or each for itself.
        let inOrder = random.chance(1, outOf: 2)
        let kept = random.below(pendingNames.count + 1)
        for (index, change) in pendingNames.enumerated() where inOrder ? index < kept : random.chance(1, outOf: 2) {
            Self.apply(change, to: &durableNames)
        }
        names = durableNames
        pendingNames = []
        for index in inodes.indices { inodes[index].loseUnsynced(&random, keepsCache: false) }
        killProcess()
        dropUnnamed()
        operations = 0
        syncs = 0
        writes = 0
        isDown = false
        plan = FaultPlan()
    }

    mutating func killProcess() {
        firstHandle += Int32(open.count)
        open = []
        lockHolder = nil
    }

    /// What reads see, as if all of it had been synced.
    func copy() -> SimulatedDisk {
        var copy = SimulatedDisk(seed: 0, plan: FaultPlan())
        copy.inodes = inodes.map { Inode(bytes: $0.bytes, durable: $0.bytes) }
        copy.names = names
        copy.durableNames = names
        return copy
    }

    /// Gives back the bytes of files without a name; the places stay, since names count them.
    mutating func dropUnnamed() {
        for index in inodes.indices where !inodes[index].bytes.isEmpty {
            let isNamed = names.contains { $0.inode == index } || durableNames.contains { $0.inode == index }
            if !isNamed && !open.contains(index) { inodes[index] = Inode() }
        }
    }
}

extension SimulatedDisk.Inode {
    /// Everything written is on the disk.
    mutating func settle() {
        if durable.count != bytes.count { durable = bytes } else { for write in pending { durable.overwrite(at: write.offset, write.bytes) } }
        pending = []
    }

    /// Some of the unsynced bytes reach the disk: for each sector the writes up to some moment, and of the next one perhaps a part.
    /// - Parameter keepsCache: after a failed sync, where reads go on seeing what was written.
    mutating func loseUnsynced(_ random: inout RandomSource, keepsCache: Bool) {
        if durable.count < bytes.count {
            let grown = keepsCache || random.chance(1, outOf: 2) ? bytes.count : random.within(durable.count...bytes.count)
            durable.append(contentsOf: repeatElement(0, count: grown - durable.count))
        }
        var sector = pending.isEmpty ? durable.count : 0
        while sector < durable.count {
            let range = sector..<min(sector + SimulatedStorage.sectorBytes, durable.count)
            loseUnsynced(in: range, &random)
            sector = range.upperBound
        }
        pending = []
        if !keepsCache { bytes = durable }
    }

    private mutating func loseUnsynced(in sector: Range<Int>, _ random: inout RandomSource) {
        let touching = pending.filter { $0.offset < sector.upperBound && $0.offset + $0.bytes.count > sector.lowerBound }
        guard !touching.isEmpty else { return }
        let whole = random.below(touching.count + 1)
        for write in touching[..<whole] { durable.overwrite(at: write.offset, write.bytes, within: sector) }
        guard whole < touching.count, random.chance(1, outOf: 4) else { return }
        let torn = sector.lowerBound..<random.within(sector.lowerBound...sector.upperBound)
        durable.overwrite(at: touching[whole].offset, touching[whole].bytes, within: torn)
    }
}

extension [UInt8] {
    fileprivate mutating func overwrite(at offset: Int, _ bytes: [UInt8]) {
        replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    /// Writes that part of the bytes which lies in the range.
    fileprivate mutating func overwrite(at offset: Int, _ bytes: [UInt8], within range: Range<Int>) {
        let start = Swift.max(offset, range.lowerBound)
        let end = Swift.min(offset + bytes.count, range.upperBound)
        guard start < end else { return }
        replaceSubrange(start..<end, with: bytes[start - offset..<end - offset])
    }
}
