import OrgeControl
import OrgeJournal
import OrgeSchema
import OrgeWorld

/// The fault that ended the host before.
extension RecoveredHost {
    /// Decides what of the last recorded tick is not to run again, and opens the journal with that decision.
    /// - Parameter faults: of the journal; gets the new one.
    mutating func contain(_ blame: Blame, _ faults: inout [RecordedFault], _ onStep: (StartStep) -> Void) throws(StartFailure) {
        guard let codeID = journal.codeID else { preconditionFailure("a journal that was only inspected is not amended") }
        guard FaultAmendment.amendable.contains(blame.entry.phase) else { return uncontained = .notOfATick(blame.entry.phase) }
        if blame.entry.tick < journal.lastTick || blame.entry.tick <= state.tick { return uncontained = .hasLaterTicks(tick: blame.entry.tick) }
        do throws(JournalError) {
            guard blame.entry.tick == journal.lastTick, let body = try journal.lastTickBody() else { return uncontained = .unrecorded(blame.entry) }
            guard let amendment = try verdict(on: blame, body, faults, codeID: codeID) else { return }
            let fault = RecordedFault(tick: journal.lastTick, amendment: amendment, body: amendment.encoded())
            onStep(.amending)
            writer = try journal.startWriting(codeID: codeID, amendments: [amendment], migrated: newlyMigrated)
            onStep(.amended)
            faults.append(fault)
            contained = fault
        } catch {
            throw .journal(error)
        }
    }

    /// - Returns: nil when nothing is to be amended; then ``uncontained`` says why.
    private mutating func verdict(
        on blame: Blame, _ body: [UInt8], _ faults: [RecordedFault], codeID: String
    ) throws(JournalError) -> FaultAmendment? {
        let tick = blame.entry.tick
        guard let record = try? TickRecord(decoding: body), has(blame.entry, record) else {
            uncontained = .notInRecord(tick: tick)
            return nil
        }
        let (ledger, accountName) = try survey(blame.entry, faults)
        let world = AccusedWorld(policy: state.engine.faultPolicy, code: hash64(codeID.utf8), name: name(of: blame.entry), accountName: accountName)
        let amendment = ledger.verdict(on: blame, record, body: body, world)
        guard !faults.contains(where: { $0.tick == tick && $0.amendment.isSameWork(as: amendment) }) else {
            uncontained = .containedBefore(tick: tick)
            return nil
        }
        return amendment
    }

    /// Whether the record has the blamed input. A departure may follow from several inputs, and a system runs in every record.
    private func has(_ entry: FlightEntry, _ record: TickRecord) -> Bool {
        guard entry.phase != .system else { return state.engine.systemName(Int(entry.system)) != nil }
        return record.inputs.contains { input in
            switch input {
            case .command(let source, let sequence, let kind, _): entry.phase == .command && (source, sequence, kind) == entry.command
            case .keyed(let session, let sequence, _, let kind, _): entry.phase == .command && (.session(session), sequence, kind) == entry.command
            case .intent(let session, _, let kind, _): entry.phase == .intent && entry.source == .session(session) && entry.kind == kind
            case .join(_, let identity, _, _, _): entry.phase == .arrival && entry.account == identity.id
            case .leave: entry.phase == .departure
            case .expire(let session): entry.phase == .departure && entry.source == .session(session)
            case .acknowledged, .released, .lift, .detach, .edgeGone, .malformed: false
            }
        }
    }

    /// Looks through the tail for the ledger as it will be before the blamed tick, and for the name with which the account joined last.
    ///
    /// No tick has to run for this: amendments say all that they change, and lifts are inputs.
    private func survey(_ entry: FlightEntry, _ faults: [RecordedFault]) throws(JournalError) -> (FaultLedger, accountName: String) {
        var ledger = state.faults
        var name = entry.account.flatMap { state.table.session(ofAccount: $0)?.identity.name ?? state.engine.name(of: $0) } ?? ""
        var left = faults[...]
        var records = journal.tail()
        while let body = try records.next() {
            guard body.kind == .tick, let record = try? TickRecord(decoding: body.body) else { continue }
            while let fault = left.first, fault.tick <= record.tick { ledger.apply(left.removeFirst().amendment, tick: fault.tick) }
            for input in record.inputs {
                switch input {
                case .lift(let lift) where record.tick < entry.tick: ledger.lift(lift)
                case .join(_, let identity, _, _, _) where identity.id == entry.account: name = identity.name
                default: break
                }
            }
        }
        return (ledger, name)
    }

    private func name(of entry: FlightEntry) -> String {
        let engine = state.engine
        switch entry.phase {
        case .command: return engine.schema.command(entry.kind)?.name ?? ""
        case .intent: return engine.schema.intent(entry.kind).map { engine.schema.components[Int($0.component)].name } ?? ""
        case .system: return engine.systemName(Int(entry.system)) ?? ""
        case .idle, .declaration, .start, .arrival, .departure, .engine, .migration: return ""
        }
    }
}

extension FlightEntry {
    fileprivate var command: (Source, UInt64, UInt16) { (source ?? .session(0), sequence, kind) }
}
