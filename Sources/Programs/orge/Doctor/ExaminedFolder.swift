import FoundationEssentials
import OrgeJournal
import OrgeJournalFiles
import OrgeSystem

/// What `orge doctor` has found in a data folder.
struct ExaminedFolder {
    struct World {
        var name: String
        /// nil: its folder cannot be read at all, for this reason.
        var journal: JournalExamination?
        var failure: String?
        /// What the journal needs of the kept executables.
        var code: [(id: String, state: String, isFine: Bool)] = []

        var isWhole: Bool { failure == nil && journal?.isWhole == true && code.allSatisfy(\.isFine) }
    }

    /// A server is at work on it.
    let isInUse: Bool
    /// nil where the file is damaged, for the reason in `universeFailure`.
    private(set) var universe: UniverseFile?
    private(set) var universeFailure: String?
    private(set) var worlds: [World] = []

    var isWhole: Bool { universeFailure == nil && worlds.allSatisfy(\.isWhole) }

    init(_ data: String, _ folder: borrowing Folder, isInUse: Bool, scratch: String) throws {
        self.isInUse = isInUse
        do {
            universe = try UniverseFile(in: folder)
        } catch let failure as CommandFailure {
            universeFailure = failure.cause
        }
        var names = universe?.worlds.map(\.name) ?? []
        for name in try Self.folders("\(data)/worlds") where !names.contains(name) { names.append(name) }
        if names.isEmpty, universeFailure == nil {
            throw CommandFailure("\(data) holds no world", remedy: "Name the data folder of a server: the one with universe.json.")
        }
        for name in names { worlds.append(Self.examine(name, data, scratch)) }
    }

    private static func folders(_ path: String) throws -> [String] { isFolder(path) ? try Folder(path).names().sorted() : [] }

    private static func examine(_ name: String, _ data: String, _ scratch: String) -> World {
        var world = World(name: name)
        do throws(JournalError) {
            let journal = try JournalExamination(try FileStorage(folder: "\(data)/worlds/\(name)", creates: false))
            world.journal = journal
            world.code = journal.codeIDs.map { state(of: $0, data, scratch) }
        } catch {
            world.failure = "\(error)"
        }
        return world
    }

    private static func state(of id: String, _ data: String, _ scratch: String) -> (id: String, state: String, isFine: Bool) {
        guard let code = CodeID(id) else { return (id, "was not kept: the journal names it as an older Orge did, or a host that was started by hand", true) }
        do {
            let path = try CodeStore(existing: data).executable(code, unpackingInto: scratch)
            let said = try WorldDescription.ask(path, environment: ServerPlan.environment(adding: [BacktraceSetting.off]))
            return (id, "kept, and runs as \(said.name) \(said.version)", true)
        } catch let failure as CommandFailure {
            return (id, failure.cause, false)
        } catch {
            return (id, "\(error)", false)
        }
    }
}

extension ExaminedFolder.World {
    /// What is lost whatever is done, as far as the files tell.
    var lostTicks: ClosedRange<UInt64>? {
        guard let journal, let rescue = journal.rescue, rescue.through < journal.lastTick else { return nil }
        return rescue.through + 1...journal.lastTick
    }
}
