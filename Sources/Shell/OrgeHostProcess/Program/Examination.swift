import OrgeControl
import OrgeHost
import OrgeJournal
import OrgeSchema
import OrgeSystem
import OrgeWorld

/// `examine`: runs the tick that ended a host once more, in a process that may die of it. Takes no lock and writes nothing but its recorder, so a host may
/// run on the same data.
enum Examination {
    static func run<W: World>(_ world: W.Type, _ options: ExamineOptions) throws(ProgramFailure) {
        if let lifeline = options.lifeline { try system { () throws(SystemError) in try Lifeline.arm(lifeline) } }
        nameThisProcess("orge-examine")
        let flight = try system { () throws(SystemError) in try HostFlight(options.flight, run: options.run) }
        try system { () throws(SystemError) in try flight.watchTraps() }
        do throws(StartFailure) {
            let journal = try WorldReplay.inspect(options.folder, WorldEngine.schema(of: world))
            try tell(options.blame, journal, WorldEngine.schema(of: world))
            try RecoveredHost.examine(world, journal, blame: options.blame, flight: flight.slot)
        } catch {
            throw ProgramFailure(message: "\(error)")
        }
    }

    /// Prints what was blamed, with the input as text: before the tick runs, because this process may end there.
    private static func tell(_ blame: Blame, _ journal: RecoveredJournal, _ schema: WorldSchema) throws(StartFailure) {
        printError("tick \(blame.entry.tick), \(blame.entry.phase.name)")
        guard let source = blame.entry.source, let record = try record(of: blame.entry.tick, in: journal) else { return }
        for input in record.inputs {
            switch input {
            case .command(source, blame.entry.sequence, let kind, let payload), .keyed(source.session, blame.entry.sequence, _, let kind, let payload):
                tell(kind, payload, schema)
            case .keyed(source.session, blame.entry.sequence, _, let kind, let payload): tell(kind, payload, schema)
            case .intent(source.session, _, blame.entry.kind, let payload):
                if let row = schema.intent(blame.entry.kind).map({ schema.components[Int($0.component)].row }) {
                    printError("input: intent\(Plain.row(row, payload))".cut(toBytes: inputBytesLimit))
                }
            default: continue
            }
        }
    }

    private static func tell(_ kind: UInt16, _ payload: [UInt8], _ schema: WorldSchema) {
        let text = schema.command(kind).map { "\($0.name)\(Plain.row($0.row, payload))" } ?? "unknown command \(kind)"
        printError("input: \(text)".cut(toBytes: inputBytesLimit))
    }

    /// Of a row as text: texts of a command are some hundred bytes.
    private static let inputBytesLimit = 4_096

    private static func record(of tick: UInt64, in journal: RecoveredJournal) throws(StartFailure) -> TickRecord? {
        do throws(JournalError) {
            var records = journal.tail()
            while let record = try records.next() {
                guard record.kind == .tick, record.tick == tick else { continue }
                do throws(DecodeError) { return try TickRecord(decoding: record.body) } catch { return nil }
            }
            return nil
        } catch {
            throw .journal(error)
        }
    }
}
