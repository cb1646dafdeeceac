import Glibc
import OrgeControl
import OrgeHost
import OrgeJournal
import OrgeJournalFiles
import OrgeSchema
import OrgeSystem
import OrgeWorld

/// Starts a world's host: lock, recovery, socket, loop.
enum HostStart {
    /// How often a world's journal is read again because another host has written to it meanwhile. That host ends with its next record, so that the second
    /// reading is the last; the third is for one that has begun a segment at that moment.
    private static let startAttempts = 3

    /// Ends only with the process.
    static func serve<W: World>(_ world: W.Type, _ options: HostOptions) throws(ProgramFailure) {
        let control = ControlLink(options.control)
        do throws(ProgramFailure) {
            if let lifeline = options.lifeline { try system { () throws(SystemError) in try Lifeline.arm(lifeline) } }
            let signals = try system { () throws(SystemError) in try SignalQueue([SIGTERM, SIGINT]) }
            nameThisProcess("orge-\(W.name)")
            let flight = try system { () throws(SystemError) in try HostFlight(options.flight, run: options.run) }
            try system { () throws(SystemError) in try flight.watchTraps() }
            let starting = Starting(control)
            let codeID: String = if let code = options.code { code } else { try ownCode(starting) }
            if options.settles { return try settle(world, options, codeID, starting, flight.slot) }
            let started = try recover(world, options, codeID, starting, flight.slot)
            try begin(started, starting, signals, options)
        } catch {
            report(error, to: control)
            throw error
        }
    }

    /// Hashes the executable that runs. Libraries that are linked dynamically are not in it: a release of a world links the Swift runtime statically.
    private static func ownCode(_ starting: Starting) throws(ProgramFailure) -> String {
        try starting.calls.during { () throws(ProgramFailure) in
            try system { () throws(SystemError) in try Descriptor.reading("/proc/self/exe").fileDigest() }
        }
    }

    /// Tells the supervisor why there will be no host.
    static func report(_ failure: ProgramFailure, to control: ControlLink) {
        let message: ChildMessage =
            switch failure.diskFault {
            case .noRoom: .noRoom(message: failure.message)
            case .failing: .storageFailed(message: failure.message)
            case nil:
                switch failure.end {
                case .open: .failed(message: failure.message)
                case .stopped: .stopped(message: failure.message)
                case .fenced: .fenced(message: failure.message)
                }
            }
        control.send(message)
        control.flush()
    }

    private static func recover<W: World>(
        _ world: W.Type, _ options: HostOptions, _ codeID: String, _ starting: Starting, _ flight: FlightSlot
    ) throws(ProgramFailure) -> Started {
        let seed = try newSeed()
        var attempt = 1
        while true {
            let folder = try starting.calls.during { () throws(ProgramFailure) in
                try system { () throws(SystemError) in try Folder(options.folder, creating: true) }
            }
            do throws(StartFailure) {
                return try recover(world, options, folder, codeID, seed, starting, flight)
            } catch {
                guard error.isOutdated, attempt < startAttempts else { throw ProgramFailure(error) }
                printError("\(W.name): \(error)")
                attempt += 1
            }
        }
    }

    private static func recover<W: World>(
        _ world: W.Type, _ options: HostOptions, _ folder: consuming Folder, _ codeID: String, _ seed: UInt64, _ starting: Starting, _ flight: FlightSlot
    ) throws(StartFailure) -> Started {
        let (journal, storage) = try open(world, options, codeID, seed, starting)
        let began = monotonicNanoseconds()
        let recovered = try RecoveredHost.recover(world, from: journal, blame: options.blame, flight: flight, onStep: starting.gotOn)
        tell(recovered.contained, recovered.uncontained, world: W.name)
        let now = monotonicNanoseconds()
        let started = try recovered.start(
            codeID: codeID, replayNanoseconds: now - began, now: now, imagePoolBytes: options.imagePoolBytes, imageBytes: CrashPoint.imageBytes,
            linger: UInt64(options.lingerSeconds) * 1_000_000_000)
        return Started(
            host: started, folder: folder, schema: WorldEngine.schema(of: world), storage: storage, droppedBytes: journal.log.tornBytes,
            droppedTick: journal.log.tornTick)
    }

    /// Becomes the world's seed when the world is new.
    private static func newSeed() throws(ProgramFailure) -> UInt64 {
        try system { () throws(SystemError) in try unguessableBytes(count: 8) }.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Opens the world's journal, and its files without the watch on their calls.
    private static func open<W: World>(
        _ world: W.Type, _ options: HostOptions, _ codeID: String, _ seed: UInt64, _ starting: Starting
    ) throws(StartFailure) -> (RecoveredJournal, FileStorage) {
        var settings = JournalSettings()
        settings.keepsHistory = options.keepsHistory
        let storage = try starting.calls.during { () throws(StartFailure) in try fileStorage(options.folder) }
        let journal = try Journal.open(
            WatchedStorage(CrashPoint.watching(storage, isJournal: true), starting.calls), schema: WorldEngine.schema(of: world),
            number: options.number, seedIfNew: seed, codeID: codeID,
            holder: getpid(), settings: settings, settles: options.settles, migrates: options.migrates)
        for damaged in journal.damagedImages { printError("\(W.name): an image cannot be used, an older one is: \(damaged)") }
        if journal.log.tornBytes > 0 {
            printError(
                """
                \(W.name): \(journal.log.tornBytes) bytes after tick \(journal.lastTick) are dropped: a record of tick \(journal.log.tornTick) that was not \
                durable, so that nothing of it was answered
                """)
        }
        return (journal, storage)
    }

    /// Runs the records that this code has made, for other code that goes on from their end.
    private static func settle<W: World>(
        _ world: W.Type, _ options: HostOptions, _ codeID: String, _ starting: Starting, _ flight: FlightSlot
    ) throws(ProgramFailure) {
        let seed = try newSeed()
        do throws(StartFailure) {
            let (journal, _) = try open(world, options, codeID, seed, starting)
            let tick = try RecoveredHost.settle(
                world, journal, codeID: codeID, blame: options.blame, flight: flight, onStep: starting.gotOn)
            if let tick { printError("\(W.name): settled through tick \(tick)") }
        } catch {
            throw ProgramFailure(error)
        }
    }

    /// One line for what was done about the fault that ended the host before.
    private static func tell(_ contained: RecordedFault?, _ uncontained: Uncontained?, world: String) {
        if let contained {
            let amendment = contained.amendment
            printError("\(world): it failed in tick \(contained.tick) on \(amendment.what) (\(amendment.cause)): \(amendment.grade.name)".printable)
        }
        if let uncontained { printError("\(world): \(uncontained)") }
    }

    private static func begin(
        _ started: consuming Started, _ starting: Starting, _ signals: consuming SignalQueue, _ options: HostOptions
    ) throws(ProgramFailure) {
        let loop = try HostLoop(started, starting, options, signals: signals)
        starting.reports.end()
        try loop.run()
    }

    private static func fileStorage(_ folder: String) throws(StartFailure) -> FileStorage {
        do throws(JournalError) { return try FileStorage(folder: folder) } catch { throw .journal(error) }
    }
}
