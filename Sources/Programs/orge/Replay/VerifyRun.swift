import OrgeJournal
import OrgeJournalFiles
import OrgeSystem

/// `orge replay --verify` of one world.
struct VerifyRun {
    /// Beside a host that writes, the journal's end may look damaged for a moment.
    private static let readAttempts = 5

    let data: String
    let world: String
    let scratch: String
    let isJSON: Bool
    private var sum = StretchReport()

    init(data: String, world: String, scratch: String, isJSON: Bool) {
        (self.data, self.world, self.scratch, self.isJSON) = (data, world, scratch, isJSON)
    }

    private var folder: String { "\(data)/worlds/\(world)" }

    /// - Returns: whether every hash agrees.
    mutating func verify() throws -> Bool {
        let journal = try inspected()
        let store = try CodeStore(existing: data)
        // What a scratch image is written into has the folders of a world.
        _ = try FileStorage(folder: scratch)
        let first = try Self.firstTick(journal)
        let stretches = Self.stretches(journal, after: first)
        say("world \(world): ticks \(first + 1) to \(journal.lastTick), stretches of one executable each: \(stretches.count)")
        var from = StretchRun.Start(tick: first, isInScratch: false)
        do {
            for (index, stretch) in stretches.enumerated() {
                let isLast = index == stretches.count - 1
                let change = journal.log.schemaChanges.last { $0.tick == from.tick && $0.codeID == stretch.codeID }
                sum.add(try run(stretch, from, change?.migrated.after, store, writesImage: !isLast))
                from = StretchRun.Start(tick: stretch.lastTick, isInScratch: true)
            }
        } catch let failure as CommandFailure {
            end(failure)
            return false
        }
        end(nil)
        return true
    }

    /// Those that recorded ticks, and between them, with none, those that changed the schema and recorded nothing.
    private static func stretches(_ journal: RecoveredJournal, after first: UInt64) -> [CodeStretch] {
        var stretches = journal.log.stretches.filter { $0.lastTick > first }
        let changes = journal.log.schemaChanges
        for (index, change) in changes.enumerated() where change.tick > first {
            let isFollowed = index + 1 < changes.count && changes[index + 1].tick == change.tick
            let recordsNext = stretches.first { $0.firstTick > change.tick }?.codeID == change.codeID
            if !isFollowed, recordsNext { continue }
            let place = stretches.lastIndex { $0.lastTick <= change.tick }.map { $0 + 1 } ?? 0
            stretches.insert(CodeStretch(codeID: change.codeID, firstTick: change.tick + 1, lastTick: change.tick), at: place)
        }
        return stretches
    }

    private func run(
        _ stretch: CodeStretch, _ start: StretchRun.Start, _ migratedHash: UInt64?, _ store: borrowing CodeStore, writesImage: Bool
    ) throws -> StretchReport {
        let ticks = "ticks \(max(stretch.firstTick, start.tick + 1)) to \(stretch.lastTick)"
        guard let code = CodeID(stretch.codeID) else {
            throw CommandFailure("\(ticks) were recorded by code named \(stretch.codeID), which is no kept executable: an older Orge wrote them")
        }
        announce(code, stretch)
        let path: String
        do {
            path = try store.executable(code, unpackingInto: scratch)
        } catch let failure as CommandFailure {
            throw CommandFailure("\(ticks) cannot be run: \(failure.cause)", remedy: failure.remedy)
        }
        let run = StretchRun(
            executable: path, world: world, folder: folder, start: start, lastTick: stretch.lastTick, migratedHash: migratedHash, scratch: scratch,
            writesImage: writesImage)
        return try run.run { tick in progress(tick, stretch) }
    }

    private func inspected() throws -> RecoveredJournal {
        for attempt in 1... {
            do throws(JournalError) {
                return try Journal.inspect(try FileStorage(folder: folder, creates: false))
            } catch {
                guard error.code == .corrupt, attempt < Self.readAttempts else { throw Self.failure(error, world, data) }
            }
        }
        preconditionFailure("attempts end")
    }

    static func failure(_ error: JournalError, _ world: String, _ data: String) -> CommandFailure {
        if error.code == .missing || error.code == .system && error.cause == 2 { return CommandFailure("there is no world \(world) in \(data)") }
        return CommandFailure("the journal of world \(world) cannot be read: \(error)", remedy: "`orge doctor \(data)` says what is intact.")
    }

    /// The tick after which the run begins: 0 where the whole log is there, otherwise that of the oldest whole image that the log continues.
    private static func firstTick(_ journal: RecoveredJournal) throws -> UInt64 {
        if journal.log.beginsAfter == 0 { return 0 }
        do throws(JournalError) {
            if let tick = try journal.oldestStart() { return tick }
        } catch {
            throw CommandFailure("\(error)")
        }
        throw CommandFailure("the log begins after tick \(journal.log.beginsAfter), and no whole image is there to begin from")
    }
}

extension VerifyRun {
    private func say(_ line: String) { if !isJSON { print(line) } }

    private func announce(_ code: CodeID, _ stretch: CodeStretch) {
        guard isJSON else {
            let what =
                stretch.firstTick > stretch.lastTick
                ? "after tick \(stretch.lastTick), a change of schema" : "ticks \(stretch.firstTick) to \(stretch.lastTick)"
            return print("  \(what): code \(code.short)")
        }
        emit([
            ("event", .string("stretch")), ("code", .string(code.text)), ("first", .count(stretch.firstTick)), ("last", .count(stretch.lastTick)),
        ])
    }

    private func progress(_ tick: UInt64, _ stretch: CodeStretch) {
        if isJSON { emit([("event", .string("progress")), ("tick", .count(tick))]) } else { print("    tick \(tick) of \(stretch.lastTick)") }
    }

    private func end(_ failure: CommandFailure?) {
        if isJSON {
            if let failure { emit([("event", .string("failed")), ("why", .string(failure.cause))]) }
            emit([
                ("ticks", .count(sum.ticks)), ("outcomes", .count(sum.outcomes)), ("amendments", .count(sum.amendments)), ("ok", .bool(failure == nil)),
            ])
        } else if let failure {
            print("FAILED after \(sum.ticks) ticks: \(failure)")
        } else {
            print("\(sum.ticks) ticks ran again, \(sum.amendments) amendments, \(sum.outcomes) outcomes, every hash as recorded")
        }
    }

    private func emit(_ members: [(String, JSONValue)]) { print(JSONValue.object(members).text) }
}
