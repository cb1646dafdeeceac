import Glibc
import OrgeControl
import OrgeHost
import OrgeJournal
import OrgeJournalFiles
import OrgeSchema
import OrgeSystem
import OrgeWorld

/// A recovered host and the folder that it has locked.
struct Started: ~Copyable {
    var host: StartedHost
    let folder: Folder
    let schema: WorldSchema
}

/// Starts a world's host: lock, recovery, socket, loop.
enum HostStart {
    /// Ends only with the process.
    static func serve<W: World>(_ world: W.Type, _ options: HostOptions) throws(ProgramFailure) {
        let control = ControlLink(options.control)
        do throws(ProgramFailure) {
            if let lifeline = options.lifeline { try system { () throws(SystemError) in try Lifeline.arm(lifeline) } }
            let signals = try system { () throws(SystemError) in try SignalQueue([SIGTERM, SIGINT]) }
            nameThisProcess("orge-\(W.name)")
            let codeID = try executableHash()
            let started = try recover(world, options, codeID)
            try begin(started, control, signals, options.number)
        } catch {
            control.send(.failed(message: error.message))
            control.flush()
            throw error
        }
    }

    private static func recover<W: World>(
        _ world: W.Type, _ options: HostOptions, _ codeID: UInt64
    ) throws(ProgramFailure) -> Started {
        let folder = try system { () throws(SystemError) in try Folder(options.folder, creating: true) }
        let seed = try system { () throws(SystemError) in try unguessableBytes(count: 8) }.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        do throws(StartFailure) {
            let schema = WorldEngine.schema(of: world)
            var settings = JournalSettings()
            settings.keepsHistory = options.keepsHistory
            let journal = try Journal.open(
                try fileStorage(options.folder), schema: schema, number: options.number, seedIfNew: seed, codeID: codeID, holder: getpid(), settings: settings)
            for damaged in journal.damagedImages { printError("\(W.name): an image cannot be used, an older one is: \(damaged)") }
            let began = monotonicNanoseconds()
            let recovered = try RecoveredHost.recover(world, from: journal)
            let now = monotonicNanoseconds()
            let started = try recovered.start(
                codeID: codeID, replayNanoseconds: now - began, now: now, imagePoolBytes: options.imagePoolBytes,
                linger: UInt64(options.lingerSeconds) * 1_000_000_000)
            return Started(host: started, folder: folder, schema: schema)
        } catch {
            throw ProgramFailure(message: "\(error)")
        }
    }

    private static func begin(
        _ started: consuming Started, _ control: ControlLink, _ signals: consuming SignalQueue, _ number: UInt16
    ) throws(ProgramFailure) {
        let loop = try HostLoop(started.host, schema: started.schema, number: number, folder: started.folder, control: control, signals: signals)
        try loop.run()
    }

    private static func fileStorage(_ folder: String) throws(StartFailure) -> FileStorage {
        do throws(JournalError) { return try FileStorage(folder: folder) } catch { throw .journal(error) }
    }
}
