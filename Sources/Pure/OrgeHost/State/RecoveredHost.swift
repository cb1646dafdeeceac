package import OrgeControl
package import OrgeImage
package import OrgeJournal
package import OrgeSchema
package import OrgeWorld

/// Why a host could not start. Each names what to do.
package enum StartFailure: Error, Sendable, CustomStringConvertible {
    case journal(JournalError)
    case replay(ReplayFailure)
    /// The image that the journal vouches for is not one that this code can restore.
    case image(tick: UInt64, ImageError)
    /// The world's policy stops it at a fault, and its code is still the one that failed.
    case stopped(tick: UInt64, what: String)

    /// What the disk did, when it is the disk's fault; nil for any other.
    package var diskFault: DiskFault? {
        switch self {
        case .journal(let error): error.diskFault
        case .image(_, let error): error.code == .unreadable ? DiskFault(cause: error.cause) : nil
        case .replay, .stopped: nil
        }
    }

    /// Another start would come to the same end.
    package var isFinal: Bool { if case .stopped = self { true } else { false } }

    /// Another host writes to the world's journal.
    package var isFenced: Bool { if case .journal(let error) = self { error.code == .fenced } else { false } }

    /// The journal grew while it was read: a start from the beginning finds all of it.
    package var isOutdated: Bool { if case .journal(let error) = self { error.code == .changed } else { false } }

    package var description: String {
        switch self {
        case .journal(let error): error.message + (error.path.map { " (\($0))" } ?? "")
        case .replay(let failure): failure.description
        case .image(_, let why) where why.code == .notMigrated: "the data is not migrated, and is as it was: \(why)"
        case .image(let tick, let why): "the image of tick \(tick) cannot be restored: \(why)"
        case .stopped(let tick, let what):
            "the world is stopped by its fault policy: in tick \(tick) it failed on \(what); mend its code and start it with that"
        }
    }
}

/// How far a start has got.
package enum StartStep: Sendable {
    /// A part of the image is restored.
    case restored
    /// The decision about the fault that ended the host before is written next.
    case amending
    /// It is durable.
    case amended
    /// A record of the tail has run.
    case ran
}

/// A world as its journal left it: image restored, tail replayed and checked.
package struct RecoveredHost: ~Copyable {
    package var state: HostState
    /// The last ticks of the tail.
    package var replayed: RetainedTicks
    package let journal: RecoveredJournal
    package var replayBytes = 0
    /// Amendments that were carried out.
    package private(set) var amendmentCount = 0
    /// What was done about the fault that ended the host before.
    package internal(set) var contained: RecordedFault?
    /// Why the work that is blamed runs again; nil where no work is blamed, or it does not.
    package internal(set) var uncontained: Uncontained?
    /// The state was under an earlier schema in the image, and this is what it became.
    package let migrated: MigratedState?
    /// Opened before the replay where a fault was contained.
    var writer: JournalWriter?

    private init(_ restored: consuming RestoredHost, _ journal: RecoveredJournal) {
        migrated = restored.migrated
        let state = restored.takeState()
        replayed = RetainedTicks(after: state.tick, chain: state.chain)
        self.journal = journal
        self.state = state
    }

    /// Restores what an opened journal holds.
    /// - Parameters:
    ///   - last: the last tick to be run; nil for all.
    ///   - blame: the fault that ended the host before. What is done about it is durable before anything is replayed.
    ///   - flight: the recorder that the world's engine writes; nil for one of its own.
    ///   - onStep: the start has got further.
    package static func recover<W: World>(
        _ world: W.Type, from journal: RecoveredJournal, through last: UInt64? = nil, blame: Blame? = nil, flight: FlightSlot? = nil,
        onStep: (StartStep) -> Void = { _ in }
    ) throws(StartFailure) -> RecoveredHost {
        var host = RecoveredHost(try restore(world, journal, flight) { onStep(.restored) }, journal)
        if host.newlyMigrated != nil { try checkAgain(world, journal, host.state.stateHash) { onStep(.restored) } }
        var faults = try host.faultsAfterState()
        if let blame { try host.contain(blame, &faults, onStep) }
        try host.replay(journal.tail(), through: last, &faults) { onStep(.ran) }
        return host
    }

    /// Runs what a journal holds once more through the blamed tick, in which every visited entity is noted in the recorder: to see how the world fails, and on
    /// which entity a system does. What is blamed runs, also where it was amended meanwhile. Takes no lock and writes nothing.
    package static func examine<W: World>(_ world: W.Type, _ journal: RecoveredJournal, blame: Blame, flight: FlightSlot) throws(StartFailure) {
        var host = RecoveredHost(try restore(world, journal, flight), journal)
        var faults = try host.faultsAfterState()
        faults.removeAll { $0.tick == blame.entry.tick && $0.amendment.isAbout(blame.entry) }
        try host.replay(journal.tail(), through: blame.entry.tick, &faults, examined: blame.entry.tick) {}
    }

    static func genesis<W: World>(_ world: W.Type, _ journal: RecoveredJournal, _ flight: FlightSlot? = nil) -> HostState {
        HostState(new: WorldEngine(world, number: journal.genesis.identity.number, seed: journal.genesis.seed, flight: flight))
    }

    private static func restore<W: World>(
        _ world: W.Type, _ journal: RecoveredJournal, _ flight: FlightSlot? = nil, onChunk: () -> Void = {}
    ) throws(StartFailure) -> RestoredHost {
        guard let image = journal.image else { return RestoredHost(migrated: nil, state: genesis(world, journal, flight)) }
        do throws(ImageError) { return try HostState.migrate(world, from: image.source, flight: flight, onChunk: onChunk) } catch {
            throw .image(tick: image.tick, error)
        }
    }

    /// Migrates once more before anything is decided: a state that only this run can reach would be lost with the next start.
    private static func checkAgain<W: World>(_ world: W.Type, _ journal: RecoveredJournal, _ hash: UInt64, onChunk: () -> Void) throws(StartFailure) {
        guard let image = journal.image, try restore(world, journal, onChunk: onChunk).state.stateHash != hash else { return }
        let why = "its migration leads to another state each time it runs: look for a random number, a clock or an unordered collection in it"
        throw .image(tick: image.tick, ImageError(.notMigrated, why))
    }

    /// The journal's amendments of ticks that are still to be run.
    private func faultsAfterState() throws(StartFailure) -> [RecordedFault] {
        try Self.journalFaults(journal).filter { $0.tick > state.tick }
    }

    /// - Parameters:
    ///   - last: the last tick that runs; nil for all.
    ///   - faults: of the ticks to come.
    ///   - examined: the tick whose visits are noted.
    private mutating func replay(
        _ records: JournalTail, through last: UInt64?, _ faults: inout [RecordedFault], examined: UInt64? = nil, _ onRecord: () -> Void
    ) throws(StartFailure) {
        var tail = records
        let imageTick = journal.image?.tick ?? 0
        while state.tick < last ?? .max, let record = try Self.nextTick(&tail, &state, after: journal.image?.incarnation ?? 0, imageTick: imageTick) {
            if record.tick == examined { state.engine.isExamined = true }
            let tick = try Self.run(record, &state, &faults)
            amendmentCount += tick.amendmentCount
            replayed.append(HeldTick(tick.executed))
            replayBytes += record.body.count
            onRecord()
        }
        try Self.checkUsed(faults.filter { $0.tick <= state.tick })
    }

    /// Runs everything that a journal still holds, whatever code recorded it: from the genesis, or from the newest image when the segments before
    /// are gone.
    /// - Parameter onTick: sees every tick that ran, and the state after it.
    /// - Returns: how many amendments were carried out.
    @discardableResult
    package static func replay<W: World>(
        _ world: W.Type, _ journal: RecoveredJournal, onTick: (TickRecord, ExecutedTick, borrowing HostState) -> Void
    ) throws(StartFailure) -> Int {
        let isWhole = journal.log.beginsAfter == 0
        var state = isWhole ? genesis(world, journal) : try restore(world, journal).takeState()
        var records = isWhole ? journal.records() : journal.tail()
        var faults = try journalFaults(journal)
        faults.removeAll { $0.tick <= state.tick }
        var count = 0
        while let record = try nextTick(&records, &state, after: isWhole ? 0 : journal.image?.incarnation ?? 0) {
            let tick = try run(record, &state, &faults)
            count += tick.amendmentCount
            onTick(tick.record, tick.executed, state)
        }
        try checkUsed(faults)
        return count
    }

    /// The next tick's record. Starts of hosts before it are noted.
    /// - Parameters:
    ///   - incarnation: of the host that made the image; a change of schema by it or one before it is in the image. Nil: changes are checked elsewhere.
    ///   - imageTick: as ``HostState/opened(_:imageTick:)`` has it.
    static func nextTick(
        _ records: inout JournalTail, _ state: inout HostState, after incarnation: UInt64?, imageTick: UInt64? = nil
    ) throws(StartFailure) -> JournalRecord? {
        while let record = try nextRecord(&records) {
            switch record.kind {
            case .tick: return record
            case .opened:
                if let migrated = record.migrated, let incarnation, record.incarnation > incarnation, migrated.after != state.stateHash {
                    throw .replay(mismatch(migrated, state))
                }
                state.opened(UInt32(clamping: record.incarnation), imageTick: imageTick)
            // Collected when the journal was read: an amendment stands after its tick.
            case .skip, .amendment: break
            }
        }
        return nil
    }

    private static func mismatch(_ migrated: MigratedState, _ state: borrowing HostState) -> ReplayFailure {
        if migrated.before == state.stateHash { return .otherSchema(tick: state.tick) }
        return .migratesOtherwise(tick: state.tick, found: state.stateHash)
    }

    static func journalFaults(_ journal: RecoveredJournal) throws(StartFailure) -> [RecordedFault] {
        do throws(JournalError) { return try journal.faults() } catch { throw .journal(error) }
    }

    /// An amendment of a tick of which there is no record.
    static func checkUsed(_ faults: [RecordedFault]) throws(StartFailure) {
        if let fault = faults.first { throw .replay(.amendsNothing(tick: fault.tick, what: fault.amendment.what)) }
    }

    private static func nextRecord(_ records: inout JournalTail) throws(StartFailure) -> JournalRecord? {
        do throws(JournalError) { return try records.next() } catch { throw .journal(error) }
    }

    /// Runs a tick with its amendments, which are removed from `faults`.
    static func run(
        _ record: JournalRecord, _ state: inout HostState, _ faults: inout [RecordedFault]
    ) throws(StartFailure) -> (record: TickRecord, executed: ExecutedTick, amendmentCount: Int) {
        let amendments = faults.isEmpty ? [] : faults.filter { $0.tick == record.tick }
        if !amendments.isEmpty { faults.removeAll { $0.tick == record.tick } }
        do throws(ReplayFailure) {
            let (sealed, executed) = try state.replay(record.body, amendments: amendments)
            return (sealed, executed, amendments.count)
        } catch {
            throw .replay(error)
        }
    }

    /// Raises the incarnation, durably, and makes the machine that goes on from here.
    package consuming func start(
        codeID: String, replayNanoseconds: UInt64, now: UInt64, imagePoolBytes: Int? = nil, imageBytes: Int? = nil, linger: UInt64 = HostLimits.linger,
        largeWorld: Int = HostLimits.largeWorld
    ) throws(StartFailure) -> StartedHost {
        let writer = try takeWriter(codeID)
        if let stop = state.faults.stop, state.faults.code == hash64(codeID.utf8) { throw .stopped(tick: stop.tick, what: stop.what) }
        var settings = HostSettings(codeID: codeID, incarnation: UInt32(clamping: writer.incarnation))
        if migrated == nil {
            settings.replayNanoseconds = replayNanoseconds
            settings.replayBytes = replayBytes
            settings.imageTick = journal.image?.tick ?? 0
        } else {
            // No later start depends on what this code's migration makes of the old image.
            try writeImage(incarnation: writer.incarnation, codeID: codeID)
            settings.imageTick = state.tick
        }
        settings.imagePoolBytes = imagePoolBytes
        settings.imageBytes = imageBytes ?? settings.imageBytes
        settings.linger = linger
        settings.largeWorld = largeWorld
        settings.lineage = journal.genesis.lineage
        settings.isAfterFault = contained != nil || uncontained != nil
        if case .unrecorded(let entry) = uncontained { settings.suspect = entry }
        state.opened(settings.incarnation, imageTick: settings.imageTick)
        return StartedHost(machine: HostMachine(state, settings: settings, replayed: replayed, now: now), writer: writer)
    }
}

extension RecoveredHost {
    /// The change of schema that this start decides; nil where an earlier one did, or there is none.
    var newlyMigrated: MigratedState? { journal.isOfOtherSchema ? migrated : nil }

    mutating func takeWriter(_ codeID: String) throws(StartFailure) -> JournalWriter {
        if let writer = writer.take() { return writer }
        do throws(JournalError) { return try journal.startWriting(codeID: codeID, migrated: newlyMigrated) } catch { throw .journal(error) }
    }
}

/// A host that may begin its work, with the only writer of its journal.
package struct StartedHost: ~Copyable {
    package var machine: HostMachine
    private var writer: JournalWriter?

    init(machine: consuming HostMachine, writer: consuming JournalWriter) {
        self.machine = machine
        self.writer = consume writer
    }

    /// Gives the machine away, and with it the rest up.
    package consuming func takeMachine() -> HostMachine { machine }

    /// - Precondition: it was not taken before.
    package mutating func takeWriter() -> JournalWriter {
        guard let writer = writer.take() else { preconditionFailure("a journal has one writer") }
        return writer
    }
}

extension Journal {
    /// Opens the journal of a world for a host.
    package static func open(
        _ storage: any JournalStorage, schema: WorldSchema, number: UInt16, seedIfNew: UInt64, codeID: String, holder: Int32,
        settings: JournalSettings = JournalSettings(), settles: Bool = false, migrates: Bool = false
    ) throws(StartFailure) -> RecoveredJournal {
        let identity = GenesisIdentity(name: schema.name, number: number)
        do throws(JournalError) {
            return try open(
                storage, world: identity, seedIfNew: seedIfNew, codeID: codeID, schemaHash: schema.hash, holder: holder, settings: settings,
                settles: settles, migrates: migrates)
        } catch {
            throw .journal(error)
        }
    }
}
