/// Marks: empty files in the world's folder, outside the journal's, whose names say which segment is the newest and whether its writer still owns the journal.
///
///     NUMBER.newest     segment NUMBER was begun; its writer may call records durable
///     NUMBER.claimed    another host has taken the journal from that writer
///
/// A mark is durable before anything of its segment is released, so that a start finds out when the newest segment is missing. And a writer looks for its
/// mark after each group, before it calls the group durable. A host that starts removes the mark and then checks that the log is still what it has read. So
/// one of two hosts that do not see each other's lock finds the other. `docs/formats/journal.md` has the argument.
struct JournalMarks: Sendable {
    let storage: any JournalStorage

    init(_ storage: any JournalStorage) { self.storage = storage }

    /// The number of the newest segment that was begun; 0 before the first is; nil where there is no mark.
    func newest() throws(JournalError) -> UInt64? { try storage.list(.world).compactMap(Self.number).max() }

    /// The segment has its name, durably: marks it as the newest, durably.
    ///
    /// The mark before it stays, so that a reader that lists the folder meanwhile finds one; older ones go.
    /// - Throws: `fenced` when another host has claimed it meanwhile.
    func begin(_ number: UInt64) throws(JournalError) {
        try make(JournalNames.newest(number))
        try storage.sync(folder: .world)
        if try storage.exists(JournalNames.claimed(number)) { throw Self.fenced(number) }
        for name in try storage.list(.world) {
            if let old = Self.number(name), old + 1 < number { try storage.delete(StoragePath(.world, name)) }
        }
    }

    /// Takes the journal from the writer of this segment, durably: it calls nothing durable any more. Nothing happens where that was done before.
    /// - Parameter number: of the newest segment; 0 when there is none.
    func claim(_ number: UInt64) throws(JournalError) {
        // The segment may have been named just before its writer died: no mark is durable before its segment's name.
        try storage.sync(folder: .journal)
        // The new mark before the old one goes: there is one at any time, also after a crash.
        try make(JournalNames.claimed(number))
        try storage.sync(folder: .world)
        guard try storage.exists(JournalNames.newest(number)) else { return }
        try storage.delete(JournalNames.newest(number))
        try storage.sync(folder: .world)
    }

    /// The look after each group. One call of the system, on a name that the kernel has in memory.
    /// - Throws: `fenced` when another host has taken the journal.
    func checkOwned(_ number: UInt64, _ mark: StoragePath) throws(JournalError) {
        guard try storage.exists(mark) else { throw Self.fenced(number) }
    }

    /// What the marks say against a folder's segments; nil when all that were begun are there.
    /// - Parameters:
    ///   - mark: what ``newest()`` gave before the segments were listed: beside a host that writes there may be more segments a moment later.
    ///   - newestSegment: the last of those that are there; 0 when none is.
    ///   - lastTick: with which the log ends there; nil when it is not whole.
    static func contradiction(_ mark: UInt64?, newestSegment: UInt64, lastTick: UInt64?) -> JournalError? {
        let remedy = "Restore it from a backup, or have `orge doctor --repair` write what is left into a new folder"
        guard let mark else {
            if newestSegment == 0 { return nil }
            let message = "this file is missing, so that nothing tells whether later segments are missing too. \(remedy)"
            return JournalError(.corrupt, message, path: JournalNames.newest(newestSegment))
        }
        guard mark > newestSegment else { return nil }
        let what = mark == newestSegment + 1 ? "this segment was begun and is missing" : "segments \(newestSegment + 1) to \(mark) were begun and are missing"
        let isWhole = lastTick.map { "are intact and end with tick \($0)" } ?? "are there, not all of them whole"
        let intact = newestSegment == 0 ? "no segment is left" : "the segments through \(newestSegment) \(isWhole)"
        return JournalError(.corrupt, "\(what); \(intact). \(remedy)", path: JournalNames.segment(mark))
    }

    private static func fenced(_ number: UInt64) -> JournalError {
        let message = """
            another host has taken over this journal, so that the world's lock does not hold; what is recorded from now on belongs to that host. \
            Let one server alone use this folder
            """
        return JournalError(.fenced, message, path: JournalNames.newest(number))
    }

    private func make(_ path: StoragePath) throws(JournalError) {
        if try storage.exists(path) { return }
        do throws(JournalError) {
            storage.close(try storage.create(path, size: 0))
        } catch  where error.code == .exists {
            // Another host claims the same segment.
        }
    }

    private static func number(_ name: String) -> UInt64? {
        JournalNames.number(name, suffix: JournalNames.newestSuffix) ?? JournalNames.number(name, suffix: JournalNames.claimedSuffix)
    }
}
