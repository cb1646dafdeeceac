package import OrgeJournal
import OrgeSchema
package import OrgeWorld

/// Why a host could not start. Each names what to do.
package enum StartFailure: Error, Sendable, CustomStringConvertible {
    case journal(JournalError)
    case replay(ReplayFailure)
    /// The image that the journal vouches for is not one that this code can restore.
    case image(tick: UInt64, String)

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
    package var replayedTicks = 0

    private init(_ state: consuming HostState, _ journal: RecoveredJournal) {
        replayed = RetainedTicks(after: state.tick)
        self.journal = journal
        self.state = state
    }

    /// Restores what an opened or inspected journal holds.
    /// - Parameter onTick: sees every replayed tick.
    package static func recover<W: World>(
        _ world: W.Type, from journal: RecoveredJournal, codeID: UInt64, onTick: (TickRecord, ExecutedTick) -> Void = { _, _ in }
    ) throws(StartFailure) -> RecoveredHost {
        var host = RecoveredHost(try restore(world, journal), journal)
        try host.replay(journal.tail(), codeID, onTick)
        return host
    }

    private static func restore<W: World>(_ world: W.Type, _ journal: RecoveredJournal) throws(StartFailure) -> HostState {
        guard let image = journal.image else {
            return HostState(new: WorldEngine(world, number: journal.genesis.identity.number, seed: journal.genesis.seed))
        }
        do {
            return try HostState(image: image.body) { bytes throws(DecodeError) in try WorldEngine.restore(world, image: bytes) }
        } catch {
            throw .image(tick: image.tick, "\(error)")
        }
    }

    private mutating func replay(_ records: JournalTail, _ codeID: UInt64, _ onTick: (TickRecord, ExecutedTick) -> Void) throws(StartFailure) {
        var tail = records
        do {
            while let record = try tail.next() {
                guard record.kind == .tick else { continue }
                let (sealed, executed) = try state.replay(record.body, codeID: codeID)
                replayBytes += record.body.count
                replayedTicks += 1
                onTick(sealed, executed)
                replayed.append(HeldTick(executed))
            }
        } catch let error as JournalError {
            throw .journal(error)
        } catch let failure as ReplayFailure {
            throw .replay(failure)
        } catch {
            preconditionFailure("replay throws two kinds of errors, and this is neither: \(error)")
        }
    }

    /// Raises the incarnation, durably, and makes the machine that goes on from here.
    package consuming func start(
        codeID: UInt64, replayNanoseconds: UInt64, now: UInt64
    ) throws(StartFailure) -> StartedHost {
        let writer: JournalWriter
        do throws(JournalError) { writer = try journal.startWriting(codeID: hex64(codeID)) } catch { throw .journal(error) }
        var settings = HostSettings(codeID: codeID, incarnation: UInt32(clamping: writer.incarnation))
        settings.replayNanoseconds = replayNanoseconds
        settings.replayBytes = replayBytes
        settings.imageTick = journal.image?.tick ?? 0
        return StartedHost(machine: HostMachine(state, settings: settings, replayed: replayed, now: now), writer: writer)
    }
}

/// A host that may begin its work, with the only writer of its journal.
package struct StartedHost: ~Copyable {
    package var machine: HostMachine
    package var writer: JournalWriter

    /// Hands both out.
    package consuming func take(_ body: (consuming HostMachine, consuming JournalWriter) -> Void) { body(machine, writer) }
}

extension Journal {
    /// Opens the journal of a world for a host.
    package static func open(
        _ storage: any JournalStorage, schema: WorldSchema, number: UInt16, seedIfNew: UInt64, codeID: UInt64, holder: Int32,
        settings: JournalSettings = JournalSettings()
    ) throws(StartFailure) -> RecoveredJournal {
        let identity = WorldIdentity(name: schema.name, number: number, schemaHash: schema.hash)
        do throws(JournalError) {
            return try open(storage, world: identity, seedIfNew: seedIfNew, codeID: hex64(codeID), holder: holder, settings: settings)
        } catch {
            throw .journal(error)
        }
    }
}
