package import OrgeImage
package import OrgeJournal
import OrgeSchema
package import OrgeWorld

/// Why a host could not start. Each names what to do.
package enum StartFailure: Error, Sendable, CustomStringConvertible {
    case journal(JournalError)
    case replay(ReplayFailure)
    /// The image that the journal vouches for is not one that this code can restore.
    case image(tick: UInt64, ImageError)

    /// What the disk did, when it is the disk's fault; nil for any other.
    package var diskFault: DiskFault? {
        switch self {
        case .journal(let error): error.diskFault
        case .image(_, let error): error.code == .unreadable ? DiskFault(cause: error.cause) : nil
        case .replay: nil
        }
    }

    package var description: String {
        switch self {
        case .journal(let error): error.message + (error.path.map { " (\($0))" } ?? "")
        case .replay(let failure): failure.description
        case .image(let tick, let why): "the image of tick \(tick) cannot be restored: \(why)"
        }
    }
}

/// A world as its journal left it: image restored, tail replayed and checked.
package struct RecoveredHost: ~Copyable {
    package var state: HostState
    /// The last ticks of the tail.
    package var replayed: RetainedTicks
    package let journal: RecoveredJournal
    package var replayBytes = 0

    private init(_ state: consuming HostState, _ journal: RecoveredJournal) {
        replayed = RetainedTicks(after: state.tick, chain: state.chain)
        self.journal = journal
        self.state = state
    }

    /// Restores what an opened journal holds.
    /// - Parameter onRecord: called after each record of the tail was run: the start has got further.
    /// - Parameter last: the last tick to be run; nil for all.
    package static func recover<W: World>(
        _ world: W.Type, from journal: RecoveredJournal, through last: UInt64? = nil, onRecord: () -> Void = {}
    ) throws(StartFailure) -> RecoveredHost {
        var host = RecoveredHost(try restore(world, journal), journal)
        try host.replay(journal.tail(), through: last ?? .max, onRecord)
        return host
    }

    static func genesis<W: World>(_ world: W.Type, _ journal: RecoveredJournal) -> HostState {
        HostState(new: WorldEngine(world, number: journal.genesis.identity.number, seed: journal.genesis.seed))
    }

    private static func restore<W: World>(_ world: W.Type, _ journal: RecoveredJournal) throws(StartFailure) -> HostState {
        guard let image = journal.image else { return genesis(world, journal) }
        do throws(ImageError) { return try HostState.restore(world, from: image.source) } catch { throw .image(tick: image.tick, error) }
    }

    private mutating func replay(_ records: JournalTail, through last: UInt64, _ onRecord: () -> Void) throws(StartFailure) {
        var tail = records
        let imageTick = journal.image?.tick ?? 0
        while state.tick < last, let record = try Self.nextTick(&tail, onOpening: { state.opened($0, imageTick: imageTick) }) {
            let (_, executed) = try Self.run(record, &state)
            replayBytes += record.body.count
            replayed.append(HeldTick(executed))
            onRecord()
        }
    }

    /// Runs everything that a journal still holds, whatever code recorded it: from the genesis, or from the newest image when the segments before
    /// are gone.
    /// - Parameter onTick: sees every tick that ran, and the state after it.
    package static func replay<W: World>(
        _ world: W.Type, _ journal: RecoveredJournal, onTick: (TickRecord, ExecutedTick, borrowing HostState) -> Void
    ) throws(StartFailure) {
        let isWhole = journal.log.beginsAfter == 0
        var state = isWhole ? genesis(world, journal) : try restore(world, journal)
        var records = isWhole ? journal.records() : journal.tail()
        while let record = try nextTick(&records, onOpening: { state.opened($0) }) {
            let (sealed, executed) = try run(record, &state)
            onTick(sealed, executed, state)
        }
    }

    static func nextTick(_ records: inout JournalTail, onOpening: (UInt32) -> Void) throws(StartFailure) -> JournalRecord? {
        while let record = try nextRecord(&records) {
            switch record.kind {
            case .tick: return record
            case .opened: onOpening(UInt32(clamping: record.incarnation))
            case .skip, .amendment: throw .replay(.amended(tick: record.tick))
            }
        }
        return nil
    }

    private static func nextRecord(_ records: inout JournalTail) throws(StartFailure) -> JournalRecord? {
        do throws(JournalError) { return try records.next() } catch { throw .journal(error) }
    }

    static func run(_ record: JournalRecord, _ state: inout HostState) throws(StartFailure) -> (TickRecord, ExecutedTick) {
        do throws(ReplayFailure) { return try state.replay(record.body) } catch { throw .replay(error) }
    }

    /// Raises the incarnation, durably, and makes the machine that goes on from here.
    package consuming func start(
        codeID: String, replayNanoseconds: UInt64, now: UInt64, imagePoolBytes: Int? = nil, linger: UInt64 = HostLimits.linger
    ) throws(StartFailure) -> StartedHost {
        let writer: JournalWriter
        do throws(JournalError) { writer = try journal.startWriting(codeID: codeID) } catch { throw .journal(error) }
        var settings = HostSettings(codeID: codeID, incarnation: UInt32(clamping: writer.incarnation))
        settings.replayNanoseconds = replayNanoseconds
        settings.replayBytes = replayBytes
        settings.imageTick = journal.image?.tick ?? 0
        settings.imagePoolBytes = imagePoolBytes
        settings.linger = linger
        settings.lineage = journal.genesis.lineage
        state.opened(settings.incarnation, imageTick: settings.imageTick)
        return StartedHost(machine: HostMachine(state, settings: settings, replayed: replayed, now: now), writer: writer)
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
        settings: JournalSettings = JournalSettings(), settles: Bool = false
    ) throws(StartFailure) -> RecoveredJournal {
        let identity = GenesisIdentity(name: schema.name, number: number)
        do throws(JournalError) {
            return try open(
                storage, world: identity, seedIfNew: seedIfNew, codeID: codeID, schemaHash: schema.hash, holder: holder, settings: settings,
                settles: settles)
        } catch {
            throw .journal(error)
        }
    }
}
