import OrgeControl
import OrgeJournal
package import OrgeSchema
import OrgeWorld

/// Why work that is blamed for the end of a host is not left out of a tick.
package enum Uncontained: Equatable, Sendable, CustomStringConvertible {
    /// Its tick had not been recorded, so there is nothing to amend: edges send the inputs again. The host is careful with them.
    case unrecorded(FlightEntry)
    /// Ticks were recorded after it: it ran to its end once, so that something else must have failed.
    case hasLaterTicks(tick: UInt64)
    /// Nothing of the phase can be left out.
    case notOfATick(FlightPhase)
    /// The tick's record does not have it.
    case notInRecord(tick: UInt64)
    /// It is left out already.
    case containedBefore(tick: UInt64)

    package var description: String {
        switch self {
        case .unrecorded(let entry): "tick \(entry.tick), in which the world failed, was not recorded: each tick now waits for its record"
        case .hasLaterTicks(let tick): "ticks after \(tick) are recorded, so that it cannot be what the world failed on: it runs again"
        case .notOfATick(let phase): "the world failed in its \(phase.name), which is no part of a tick"
        case .notInRecord(let tick): "the record of tick \(tick) does not have what the world is said to have failed on: it runs again"
        case .containedBefore(let tick): "what the world failed on in tick \(tick) is left out already"
        }
    }
}

/// The fault that ended the host before.
extension RecoveredHost {
    /// Decides what of the last recorded tick is not to run again, and opens the journal with that decision.
    /// - Parameter faults: of the journal; gets the new one.
    mutating func contain(_ blame: Blame, _ faults: inout [RecordedFault]) throws(StartFailure) {
        guard let codeID = journal.codeID else { preconditionFailure("a journal that was only inspected is not amended") }
        guard FaultAmendment.amendable.contains(blame.entry.phase) else { return uncontained = .notOfATick(blame.entry.phase) }
        if blame.entry.tick < journal.lastTick || blame.entry.tick <= state.tick { return uncontained = .hasLaterTicks(tick: blame.entry.tick) }
        do throws(JournalError) {
            guard blame.entry.tick == journal.lastTick, let body = try journal.lastTickBody() else { return uncontained = .unrecorded(blame.entry) }
            guard let amendment = try verdict(on: blame, body, faults, codeID: codeID) else { return }
            let fault = RecordedFault(tick: journal.lastTick, amendment: amendment, body: amendment.encoded())
            writer = try journal.startWriting(codeID: codeID, amendments: [amendment])
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
        // As it will be before the last tick: an amendment says all that it changes, so that no tick has to run for this.
        var ledger = state.faults
        for fault in faults { ledger.apply(fault.amendment, tick: fault.tick) }
        let world = AccusedWorld(
            policy: state.engine.faultPolicy, code: hash64(codeID.utf8), name: name(of: blame.entry),
            accountName: try blame.entry.account.map { account throws(JournalError) in try name(of: account) } ?? "")
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

    /// As the account joined last: since the image, or before it.
    private func name(of account: AccountID) throws(JournalError) -> String {
        var last = state.table.session(ofAccount: account)?.identity.name ?? state.engine.name(of: account)
        var records = journal.tail()
        while let body = try records.next() {
            guard body.kind == .tick, let record = try? TickRecord(decoding: body.body) else { continue }
            for case .join(_, let identity, _, _, _) in record.inputs where identity.id == account { last = identity.name }
        }
        return last ?? ""
    }

    private func name(of entry: FlightEntry) -> String {
        let engine = state.engine
        switch entry.phase {
        case .command: return engine.schema.command(entry.kind)?.name ?? ""
        case .intent: return engine.schema.intent(entry.kind).map { engine.schema.components[Int($0.component)].name } ?? ""
        case .system: return engine.systemName(Int(entry.system)) ?? ""
        case .idle, .declaration, .start, .arrival, .departure, .engine: return ""
        }
    }
}

extension FlightEntry {
    fileprivate var command: (Source, UInt64, UInt16) { (source ?? .session(0), sequence, kind) }
}
