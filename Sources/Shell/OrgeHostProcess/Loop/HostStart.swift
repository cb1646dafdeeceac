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
            let codeID = try starting.calls.during { () throws(ProgramFailure) in try executableHash() }
            let started = try recover(world, options, codeID, starting, flight.slot)
            try begin(started, starting, signals, options)
        } catch {
            report(error, to: control)
            throw error
        }
    }

    /// Tells the supervisor why there will be no host.
    static func report(_ failure: ProgramFailure, to control: ControlLink) {
        let message: ChildMessage =
            switch failure.diskFault {
            case .noRoom: .noRoom(message: failure.message)
            case .failing: .storageFailed(message: failure.message)
            case nil: failure.isFinal ? .stopped(message: failure.message) : .failed(message: failure.message)
            }
        control.send(message)
        control.flush()
    }

    private static func recover<W: World>(
        _ world: W.Type, _ options: HostOptions, _ codeID: UInt64, _ starting: Starting, _ flight: FlightSlot
    ) throws(ProgramFailure) -> Started {
        let folder = try starting.calls.during { () throws(ProgramFailure) in
            try system { () throws(SystemError) in try Folder(options.folder, creating: true) }
        }
        let seed = try system { () throws(SystemError) in try unguessableBytes(count: 8) }.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        do throws(StartFailure) {
            let schema = WorldEngine.schema(of: world)
            var settings = JournalSettings()
            settings.keepsHistory = options.keepsHistory
            let storage = try starting.calls.during { () throws(StartFailure) in try fileStorage(options.folder) }
            let journal = try Journal.open(
                WatchedStorage(storage, starting.calls), schema: schema, number: options.number, seedIfNew: seed, codeID: codeID, holder: getpid(),
                settings: settings)
            for damaged in journal.damagedImages { printError("\(W.name): an image cannot be used, an older one is: \(damaged)") }
            let began = monotonicNanoseconds()
            let recovered = try RecoveredHost.recover(world, from: journal, blame: options.blame, flight: flight, onRecord: starting.reports.progress)
            tell(recovered.contained, recovered.uncontained, world: W.name)
            let now = monotonicNanoseconds()
            let started = try recovered.start(
                codeID: codeID, replayNanoseconds: now - began, now: now, imagePoolBytes: options.imagePoolBytes,
                linger: UInt64(options.lingerSeconds) * 1_000_000_000)
            return Started(host: started, folder: folder, schema: schema, storage: storage)
        } catch {
            throw ProgramFailure(message: "\(error)", diskFault: error.diskFault, isFinal: error.isFinal)
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
