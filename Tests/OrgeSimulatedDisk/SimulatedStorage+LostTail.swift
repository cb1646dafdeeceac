package import OrgeJournal
package import OrgeSchema

extension SimulatedStorage {
    /// Damages durable records at the end of the newest segment, as a disk does that has lied about its last writes. A journal that starts on it takes the
    /// damage for a group that was never finished.
    /// - Precondition: no process has the journal open.
    /// - Returns: the last tick that is left; nil, with nothing damaged, where no record could be lost in this way.
    package func loseTail(_ random: inout RandomSource) throws(JournalError) -> UInt64? {
        let whole = try Journal.inspect(copy())
        guard let piece = whole.log.pieces.last else { return nil }
        guard let name = try list(.journal).last else { return nil }
        let path = StoragePath(.journal, name)
        // Near the end, mostly: that is where writes are lost.
        for reach in [64, 256, 1024, 8 * 1024] {
            let cut = piece.end - 1 - random.below(min(reach, piece.end - 1))
            let lost: (inout [UInt8]) -> Void = { bytes in for place in cut..<min(piece.end, bytes.count) { bytes[place] = 0 } }
            let trial = copy()
            try trial.damage(path, lost)
            guard let left = try? Journal.inspect(trial), left.lastTick < whole.lastTick, left.lastTick >= left.image?.tick ?? 0 else { continue }
            try damage(path, lost)
            return left.lastTick
        }
        return nil
    }
}
