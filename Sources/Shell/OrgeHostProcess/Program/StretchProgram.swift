import OrgeHost
import OrgeImage
import OrgeJournal
import OrgeJournalFiles
import OrgeSchema
import OrgeSystem
import OrgeWorld

/// What `WORLD stretch` is told by `orge replay`.
struct StretchOptions: Equatable {
    /// The world's folder.
    var folder = ""
    /// The tick with whose state the run begins: 0, or that of an image.
    var after: UInt64 = 0
    var through: UInt64 = 0
    /// The folder, like a world's, in which that image is; nil: the world's.
    var imageFrom: String?
    /// The state hash after a change of schema with which the stretch begins.
    var migratedHash: UInt64?
    /// Where an image of the last tick is to be written.
    var imageTo: String?
}

/// `WORLD stretch`: runs ticks of a journal again from the state after one to another, and checks every hash: those that the records name, and those of
/// the images that are kept. Takes no lock and writes nothing but the image that it is asked for.
///
/// Prints `at TICK` now and then, and last one line of JSON: `{"ticks":N,"outcomes":N,"amendments":N}`.
struct StretchProgram {
    /// Nanoseconds between two lines of progress.
    private static let period: UInt64 = 250_000_000

    let options: StretchOptions
    private let storage: FileStorage
    private let images: FileStorage
    private let journal: RecoveredJournal

    init(_ options: StretchOptions) throws(StartFailure) {
        self.options = options
        do throws(JournalError) {
            storage = try FileStorage(folder: options.folder, creates: false)
            images = if let folder = options.imageFrom { try FileStorage(folder: folder, creates: false) } else { storage }
            journal = try Journal.inspect(storage, after: options.after)
        } catch {
            throw .journal(error)
        }
    }

    func run<W: World>(_ world: W.Type) throws(StartFailure) {
        let checks = try keptHashes(WorldEngine.schema(of: world))
        let image = options.after == 0 ? nil : Journal.imageSource(tick: options.after, in: images)
        var (ticks, outcomes) = (0, 0)
        var nextReport: UInt64 = 0
        let replayed = try RecoveredHost.rerun(world, journal, from: image, migratedHash: options.migratedHash, through: options.through) {
            (record, executed, state) throws(StartFailure) in
            ticks += 1
            outcomes += executed.outcomes.count
            if let check = checks.first(where: { $0.tick == executed.tick }), check.hash != state.stateHash {
                throw .replay(.differs(tick: executed.tick, expected: check.hash, found: state.stateHash))
            }
            let now = monotonicNanoseconds()
            guard now >= nextReport else { return }
            nextReport = now + Self.period
            printLine("at \(executed.tick)")
        }
        if let folder = options.imageTo { try write(replayed.state, to: folder) }
        printLine("{\"ticks\":\(ticks),\"outcomes\":\(outcomes),\"amendments\":\(replayed.amendmentCount)}")
    }

    /// The hashes of the world in the images that the journal keeps. One that a server has removed meanwhile is left out.
    private func keptHashes(_ schema: WorldSchema) throws(StartFailure) -> [(tick: UInt64, hash: UInt64)] {
        let ticks = options.after + 1...max(options.after + 1, options.through)
        do throws(JournalError) { return try Journal.imageHashes(storage, in: ticks, schemaHash: schema.hash) } catch { throw .journal(error) }
    }

    private func write(_ state: borrowing HostState, to folder: String) throws(StartFailure) {
        do throws(JournalError) {
            let file = try Journal.imageFile(tick: state.tick, in: try FileStorage(folder: folder))
            try state.writeImage(journal.imageHeader(tick: state.tick, incarnation: journal.incarnation, codeID: ""), to: file).publish()
        } catch {
            throw .journal(error)
        }
    }
}
