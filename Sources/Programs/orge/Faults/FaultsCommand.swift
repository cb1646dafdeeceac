import ArgumentParser
import OrgeControl
import OrgeJournal
import OrgeJournalFiles
import OrgeSchema
import OrgeSystem

struct Faults: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists what the code of the worlds failed on: traps, endless loops, and what was done about them.",
        discussion: """
            Reads the journals of a data folder, beside a running server or without one. Work that a world failed on is not run again; grade says how far that \
            went: skipped (the input), entitySetAside (for one system), systemSuspended, worldStopped. strikes counts the faults of \
            the account lately, this one included. Where a side process has run the tick once more, its report (the message, a backtrace, the input as text) \
            is a file, which --reports prints. With --forget-history old faults are forgotten with the journal.

            With --json it prints one array, oldest first: [{"world","tick","phase","kind","account","signal","grade","strikes","system","entity","report"}]. \
            signal is null for a fault by processor time or memory; cause says which.

            --lift takes back what was done about faults, in a running server: kind:NAME lets a disabled command run again, system:NAME a suspended system and \
            the entities set aside for it, account:NAME a suspended account, all everything. The journal keeps it, so that a replay does the same. Where the \
            code still fails it is contained again. What failed stays left out of its tick. Without a match nothing is changed, and the failure says what is \
            in force. With --json it prints {"world","tick","lifted"}.

            Examples:
              orge faults --data data
              orge faults --data data --world ledger --reports
              orge faults --data data --world ledger --lift kind:transfer
              orge faults --data data --lift account:ada --json
              orge faults --data data --json | jq '.[] | select(.grade == "worldStopped")'
            """
    )

    @Option(help: ArgumentHelp("The data folder of the server.", valueName: "dir"))
    var data: String

    @Option(help: ArgumentHelp("One world only.", valueName: "name"))
    var world: String?

    @Flag(help: "Prints one JSON array on one line.")
    var json = false

    @Flag(help: "Prints the report after each fault.")
    var reports = false

    @Option(
        help: ArgumentHelp(
            "Lifts a measure in a running server: kind:NAME, system:NAME, account:NAME or all.", valueName: "what"),
        transform: { text in
            guard let target = LiftTarget(text) else { throw ValidationError("\(text.printable) is none of kind:NAME, system:NAME, account:NAME, all") }
            return target
        })
    var lift: LiftTarget?

    func validate() throws {
        if lift != nil, reports { throw ValidationError("--reports shows faults, --lift changes what was done about them: give one of the two") }
    }

    func run() throws {
        if let lift { return try print(Lifting(data: data, world: world).run(lift), isJSON: json) }
        let faults = try Self.worlds(in: data, only: world).flatMap { try KnownFault.all(in: data, world: $0) }
        if json {
            Swift.print(JSONValue.array(faults.map(\.document)).text)
        } else if faults.isEmpty {
            Swift.print("No fault is known.")
        } else {
            Swift.print(table(faults))
        }
    }

    private func print(_ done: Lifting.Done, isJSON: Bool) {
        Swift.print(isJSON ? done.text : "Lifted in the world \(done.world), in tick \(done.tick): \(done.lifted.map(\.printable).joined(separator: ", ")).")
    }

    private func table(_ faults: [KnownFault]) -> String {
        let rows = [["WORLD", "TICK", "FAILED ON", "CAUSE", "ACCOUNT", "GRADE", "STRIKES", "REPORT"]] + faults.map(\.row)
        let lines = TextTable.aligned(rows)
        guard reports else { return lines.joined(separator: "\n") }
        let texts = faults.map { fault in fault.text.map { "\n" + $0 } ?? "" }
        return lines[0] + "\n" + zip(lines.dropFirst(), texts).map { $0 + $1 }.joined(separator: "\n")
    }

    private static func worlds(in data: String, only: String?) throws -> [String] {
        let names: [String]
        do throws(SystemError) {
            names = try Folder("\(data)/worlds").names().sorted()
        } catch {
            throw CommandFailure("\(data) is no data folder of a server: \(error.reason)", remedy: "Give the folder of `orge serve --data`.")
        }
        guard let only else { return names }
        guard names.contains(only) else { throw CommandFailure("there is no world \(only) in \(data)", remedy: "There are: \(names.joined(separator: ", ")).") }
        return [only]
    }
}

/// A fault of a world, as its journal says, and the report on it.
struct KnownFault {
    let world: String
    let fault: RecordedFault
    /// Of the report's file; nil where there is none.
    let report: String?
    let text: String?

    /// Beside a running host a journal may be read while it is written: then it is read again.
    private static let attempts = 5

    static func all(in data: String, world: String) throws -> [KnownFault] {
        let path = "\(data)/worlds/\(world)"
        var faults: [RecordedFault] = []
        for attempt in 1...attempts {
            do throws(JournalError) {
                faults = try Journal.inspect(try FileStorage(folder: path, creates: false)).faults()
                break
            } catch {
                if error.code == .missing { return [] }
                guard error.code == .corrupt, attempt < attempts else { throw CommandFailure("\(path): \(error.message)") }
            }
        }
        return faults.map { fault in
            let name = FaultReports.fileName(of: fault.entry)
            let text = report(name, in: "\(path)/\(FaultReports.folderName)")
            return KnownFault(world: world, fault: fault, report: text == nil ? nil : "\(path)/\(FaultReports.folderName)/\(name)", text: text)
        }
    }

    /// Nil also for one that cannot be read: the fault is listed all the same.
    private static func report(_ name: String, in path: String) -> String? {
        guard let folder = try? Folder(path), let bytes = try? folder.read(name, limit: 2 * Examiner.reportBytesLimit) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private var amendment: FaultAmendment { fault.amendment }
    private var account: String? { amendment.account.map { amendment.accountName.isEmpty ? $0.description : amendment.accountName } }
    private var signal: JSONValue { if case .signal(let number) = amendment.cause { .integer(Int(number)) } else { .null } }

    var document: JSONValue {
        let isSystem = amendment.phase == .system
        return .object([
            ("world", .string(world)), ("tick", .count(fault.tick)), ("phase", .string(amendment.phase.name)),
            ("kind", isSystem || amendment.name.isEmpty ? .null : .string(amendment.name)), ("account", account.map(JSONValue.string) ?? .null),
            ("signal", signal), ("cause", .string("\(amendment.cause)")), ("grade", .string(amendment.grade.name)),
            ("strikes", .count(UInt64(amendment.strikes))),
            ("system", isSystem ? .string(amendment.name) : .null), ("entity", amendment.entity.isNone ? .null : .string("\(amendment.entity)")),
            ("disabled", disabled), ("report", report.map(JSONValue.string) ?? .null),
        ])
    }

    /// What became of the command's kind.
    private var disabled: JSONValue {
        switch amendment.disabling {
        case .none: .null
        case .forGuests: .string("guests")
        case .forAll: .string("all")
        }
    }

    var row: [String] {
        [
            world, "\(fault.tick)", amendment.what.printable, "\(amendment.cause)", account?.printable ?? "-", amendment.grade.name, "\(amendment.strikes)",
            report?.printable ?? "-",
        ]
    }
}

extension RecordedFault {
    /// The work that was left out, as a flight recorder names it.
    var entry: FlightEntry {
        FlightEntry(
            phase: amendment.phase, tick: tick, source: amendment.source, sequence: amendment.sequence, kind: amendment.kind, account: amendment.account,
            system: UInt32(amendment.system), entity: amendment.entity)
    }
}
