import OrgeHost
import OrgeJournal
import OrgeJournalFiles
import OrgeSchema
import OrgeSystem
import OrgeWorld

/// `--replay`: runs a journal again, checks every record's hash and prints every outcome. Takes no lock and writes nothing, so a host may run
/// on the same data.
enum WorldReplay {
    static func run<W: World>(_ world: W.Type, folder: String, isJSON: Bool) throws(ProgramFailure) {
        let path = worldFolder(in: folder, named: W.name)
        let schema = WorldEngine.schema(of: world)
        var printer = OutcomePrinter(schema: schema, isJSON: isJSON)
        var summary = ReplaySummary()
        do throws(StartFailure) {
            let journal = try inspect(path, schema)
            try tellOtherCode(journal)
            summary.amendments = try RecoveredHost.replay(world, journal) { record, executed, state in
                summary.ticks += 1
                summary.outcomes += executed.outcomes.count
                printer.print(record, executed, state)
            }
            summary.isOK = true
            printer.flush()
            printLine(isJSON ? summary.json : "\(W.name): \(summary.text)")
        } catch {
            printer.flush()
            if isJSON { printLine(summary.json) }
            throw ProgramFailure(message: "\(error)")
        }
    }

    /// Says which ticks this executable did not record: it runs them all the same, and where it decides otherwise, a hash differs.
    private static func tellOtherCode(_ journal: RecoveredJournal) throws(StartFailure) {
        let own: String
        do throws(SystemError) { own = try Descriptor.reading("/proc/self/exe").fileDigest() } catch {
            throw .journal(JournalError(.system, "cannot read its own executable", cause: error.code))
        }
        for stretch in journal.log.stretches where stretch.codeID != own {
            printError(
                """
                ticks \(stretch.firstTick) to \(stretch.lastTick) were recorded by other code, \(stretch.codeID.prefix(12)), and are run by this one; \
                `orge replay --verify` runs each tick by the code that recorded it
                """)
        }
    }

    /// The folder itself, or this world's in a server's data folder.
    private static func worldFolder(in folder: String, named name: String) -> String {
        let inside = "\(folder)/worlds/\(name)"
        return exists(inside) ? inside : folder
    }

    static func inspect(_ folder: String, _ schema: WorldSchema) throws(StartFailure) -> RecoveredJournal {
        do throws(JournalError) {
            let journal = try Journal.inspect(try FileStorage(folder: folder, creates: false))
            guard journal.genesis.identity.name == schema.name else {
                throw JournalError(.otherWorld, "\(folder) holds the world \(journal.genesis.identity.name), not \(schema.name)")
            }
            let position = journal.log.position
            guard position.tick == 0 || position.schemaHash == schema.hash else {
                throw JournalError(.otherSchema, "\(folder) holds the world \(schema.name) with another schema than this one's")
            }
            return journal
        } catch {
            throw .journal(error)
        }
    }
}

/// How a replay ends.
struct ReplaySummary {
    var ticks = 0
    var outcomes = 0
    var amendments = 0
    /// Every hash agreed.
    var isOK = false

    var json: String { "{\"ticks\":\(ticks),\"outcomes\":\(outcomes),\"amendments\":\(amendments),\"ok\":\(isOK)}" }
    var text: String { "\(ticks) ticks ran again, \(amendments) amendments, \(outcomes) outcomes, every hash as recorded" }
}

/// One line for each outcome.
struct OutcomePrinter {
    /// Bytes that are written at once.
    private static let chunk = 1 << 16
    private let schema: WorldSchema
    private let isJSON: Bool
    private var text = ""

    init(schema: WorldSchema, isJSON: Bool) {
        self.schema = schema
        self.isJSON = isJSON
    }

    mutating func flush() {
        writeAll(text, to: 1)
        text = ""
    }

    /// Outcomes come in the order of the commands that the tick ran or refused as malformed; some inputs have none.
    mutating func print(_ record: TickRecord, _ executed: ExecutedTick, _ state: borrowing HostState) {
        var next = 0
        for input in record.inputs {
            guard let command = Command(input), next < executed.outcomes.count else { continue }
            let outcome = executed.outcomes[next]
            guard outcome.source == command.source, outcome.sequence == command.sequence else { continue }
            line(executed.tick, outcome, command, command.source.session.flatMap { state.table.session($0) })
            next += 1
        }
        if text.utf8.count >= Self.chunk { flush() }
    }

    /// An input that has an outcome.
    private struct Command {
        let source: Source
        let sequence: UInt64
        /// nil for a malformed one.
        let kind: UInt16?
        let payload: [UInt8]

        init?(_ input: HostInput) {
            switch input {
            case .command(let source, let sequence, let kind, let payload):
                (self.source, self.sequence, self.kind, self.payload) = (source, sequence, kind, payload)
            case .keyed(let session, let sequence, _, let kind, let payload):
                (source, self.sequence, self.kind, self.payload) = (.session(session), sequence, kind, payload)
            case .malformed(let source, let sequence): (self.source, self.sequence, kind, payload) = (source, sequence, nil, [])
            case .acknowledged, .released, .lift, .leave, .expire, .detach, .edgeGone, .join, .intent: return nil
            }
        }
    }

    private mutating func line(_ tick: UInt64, _ outcome: ExecutedTick.Outcome, _ input: Command, _ session: Session?) {
        let payload = input.payload
        let command = input.kind.flatMap { schema.command($0) }
        let name = command?.name ?? input.kind.map { "unknown \($0)" } ?? "malformed"
        let account = session?.identity.name ?? ""
        guard isJSON else {
            let typed = command.map { Plain.row($0.row, payload) } ?? ""
            let said = Plain.outcome(Array(outcome.bytes), command)
            text += "tick \(tick)  \(outcome.source)  \(account)  \(outcome.sequence)  \(name)\(typed)  →  \(said)".printable + "\n"
            return
        }
        let fields = command.map { JSON.object($0.row, payload) } ?? "{}"
        let said = JSON.outcome(Array(outcome.bytes), command)
        let avatar = session.map { JSON.value(.entity($0.avatar)) } ?? "null"
        let source =
            switch outcome.source {
            case .session(let number): "\"session\":\(number)"
            case .world(let world): "\"world\":\(world.world)"
            }
        text += "{\"tick\":\(tick),\(source),\"account\":\(account.quotedForJSON),\"avatar\":\(avatar),"
        text += "\"sequence\":\(outcome.sequence),\"command\":\(name.quotedForJSON),\"fields\":\(fields),\"outcome\":\(said)}\n"
    }
}
