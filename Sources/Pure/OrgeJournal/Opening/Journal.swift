/// A world's journal as a host finds it at its start.
///
/// `Journal.open` → restore `image`, or the genesis state when there is none → execute what `tail()` yields → ``RecoveredJournal/startWriting(codeID:)``.
package enum Journal {
    /// Takes the lock, reads and checks what a start needs, and writes nothing but the genesis of a new world.
    ///
    /// That is the newest whole image, the segments after it, and the header of each segment before: so a start costs the same after a year.
    /// Damage in older records is found by ``inspect(_:settings:)`` alone, and harms nothing before.
    /// - Parameters:
    ///   - seedIfNew: becomes the world's seed when there is no genesis yet.
    ///   - codeID: of the code that will replay the tail; at most ``JournalLimits/codeIDBytes`` of UTF-8, not empty.
    ///   - schemaHash: of the schema that code has.
    ///   - holder: the own process id, told to others who want the lock.
    ///   - settles: only the first stretch of the tail is to be run, and must be this code's; other code may have recorded what follows.
    ///   - migrates: the state may be under another schema, of which this code has a migration.
    /// - Throws: `locked`, `otherWorld`, `otherCode`, `corrupt`, `newerFormat`, or what the disk says.
    package static func open(
        _ storage: any JournalStorage, world: GenesisIdentity, seedIfNew: UInt64, codeID: String, schemaHash: UInt64, holder: Int32,
        settings: JournalSettings = JournalSettings(), settles: Bool = false, migrates: Bool = false
    ) throws(JournalError) -> RecoveredJournal {
        try storage.lock(holder: holder)
        for folder in StorageFolder.allCases { try storage.deleteTemporaries(in: folder) }
        let genesis: Genesis
        if let found = try readGenesis(storage) {
            genesis = found
            // Its maker may have died, or the disk failed, before its name was durable; the first segment must not come before it.
            if try numbers(storage).isEmpty { try storage.sync(folder: .world) }
        } else {
            genesis = try create(storage, Genesis(identity: world, seed: seedIfNew))
        }
        try check(genesis.identity, wanted: world)
        var recovered = try recover(storage, genesis, settings, readsAll: false)
        let foreign = settles ? recovered.log.spans.first : recovered.tailOfOtherCode(than: codeID)
        if let foreign, foreign.codeID != codeID { throw refusal(of: foreign, codeID) }
        recovered.schemaHash = schemaHash
        recovered.codeID = codeID
        if recovered.isOfOtherSchema, !settles, !migrates { throw refusal(ofSchema: recovered.log.position.schemaHash, schemaHash) }
        return recovered
    }

    /// Reads and checks all of a journal, for replay: takes no lock and writes nothing, so that it works beside a running host.
    /// Beside one, `corrupt` may mean that groups were written while the segment was being read: read again before believing it.
    package static func inspect(_ storage: any JournalStorage, settings: JournalSettings = JournalSettings()) throws(JournalError) -> RecoveredJournal {
        guard let genesis = try readGenesis(storage) else {
            throw JournalError(.missing, "no world was ever started here", path: JournalNames.genesis)
        }
        return try recover(storage, genesis, settings, readsAll: true)
    }

    /// Reads and checks the log after a tick whose state comes from elsewhere, for a replay of a part; otherwise as ``inspect(_:settings:)``.
    package static func inspect(_ storage: any JournalStorage, after tick: UInt64) throws(JournalError) -> RecoveredJournal {
        guard let genesis = try readGenesis(storage) else {
            throw JournalError(.missing, "no world was ever started here", path: JournalNames.genesis)
        }
        return try recover(storage, genesis, JournalSettings(), readsAll: false, after: tick)
    }

    static func readGenesis(_ storage: any JournalStorage) throws(JournalError) -> Genesis? {
        if try storage.list(.world).contains(JournalNames.genesis.name) { return try Genesis(decoding: storage.read(JournalNames.genesis)) }
        let segments = try numbers(storage)
        guard segments.isEmpty else {
            throw JournalError(.corrupt, "there are segments and no genesis; restore it from a backup", path: JournalNames.genesis)
        }
        return nil
    }

    private static func create(_ storage: any JournalStorage, _ genesis: Genesis) throws(JournalError) -> Genesis {
        try storage.establish(genesis)
        return genesis
    }

    private static func check(_ found: GenesisIdentity, wanted: GenesisIdentity) throws(JournalError) {
        var difference: String?
        if found.name != wanted.name {
            difference = "this is the data of the world \(found.name), not of \(wanted.name)"
        } else if found.number != wanted.number {
            difference = "this world has number \(found.number), and is started as number \(wanted.number)"
        }
        guard let difference else { return }
        throw JournalError(.otherWorld, difference + "; start it with the executable that made it, or with another --data", path: JournalNames.genesis)
    }

    /// What is there is under the schema of the host that wrote last. (A world that has never run a tick has nothing.)
    private static func refusal(ofSchema found: UInt64, _ wanted: UInt64) -> JournalError {
        let message = """
            this data is under another schema (\(hex(found)), now \(hex(wanted))); `orge serve` shows what would change, and lets the world's code migrate it
            """
        return JournalError(.otherSchema, message)
    }

    private static func hex(_ value: UInt64) -> String { String(value, radix: 16) }

    static func numbers(_ storage: any JournalStorage) throws(JournalError) -> [UInt64] {
        try storage.list(.journal).compactMap { JournalNames.number($0, suffix: JournalNames.segmentSuffix) }
    }

    static func recover(
        _ storage: any JournalStorage, _ genesis: Genesis, _ settings: JournalSettings, readsAll: Bool, after given: UInt64? = nil
    ) throws(JournalError) -> RecoveredJournal {
        // Marks and image first: beside a host that writes, the log reaches at least as far a moment later.
        let mark = try JournalMarks(storage).newest()
        var shelf = ImageShelf(storage, genesis: genesis)
        var damaged: [JournalError] = []
        let image = given == nil ? try shelf.newest(damaged: &damaged) : nil
        let startTick = given ?? image?.tick ?? 0
        var machine = RecoveryMachine(genesis: genesis)
        for number in try numbers(storage) {
            try machine.addHeader(storage.read(JournalNames.segment(number), from: 0, count: RecoveryMachine.headerBytes), number: number)
        }
        for number in machine.begin(after: startTick, readsAll: readsAll) { try machine.addSegment(storage.read(JournalNames.segment(number))) }
        let log = machine.finish()
        if let error = JournalMarks.contradiction(mark, newestSegment: log.newestSegment, lastTick: log.position.tick) { throw error }
        try check(startTick, isImage: image != nil, against: log)
        return RecoveredJournal(
            storage: storage, settings: settings, genesis: genesis, log: log, image: image, startTick: startTick, damagedImages: damaged, shelf: shelf)
    }

    /// An image is written when its tick is durable, so the log must reach it; and the log must begin where the image ends, or earlier.
    private static func check(_ tick: UInt64, isImage: Bool, against log: RecoveredLog) throws(JournalError) {
        guard tick <= log.position.tick else {
            let message = """
                the log ends with tick \(log.position.tick), and this image is of tick \(tick): durable records are lost; \
                restore the journal from a backup
                """
            throw JournalError(.corrupt, message, path: JournalNames.image(tick))
        }
        guard log.beginsAfter <= tick else {
            let have = !isImage ? "there is no whole image" : "the newest whole image is of tick \(tick)"
            let message = "the log begins after tick \(log.beginsAfter), and \(have); restore an image from a backup"
            throw JournalError(.corrupt, message, path: log.pieces.first.map { JournalNames.segment($0.number) })
        }
    }

    private static func refusal(of tail: RecoveredLog.Span, _ codeID: String) -> JournalError {
        let message = """
            ticks \(tail.firstTick) to \(tail.lastTick) were recorded by the code \(tail.codeID) and must be run by it, not by \(codeID); \
            `orge serve` does that with the executable that it has kept
            """
        return JournalError(.otherCode, message)
    }
}
