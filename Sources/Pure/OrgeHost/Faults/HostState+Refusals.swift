import OrgeJournal
import OrgeSchema
import OrgeWorld

/// What is refused because the world failed on it, or on what its account sent before.
extension HostState {
    func refusal(of source: Source, _ sequence: UInt64, _ kind: UInt16, _ work: inout TickWork) -> InputRefusal? {
        if work.skips({ $0.phase == .command && $0.source == source && $0.sequence == sequence }) { return .worldFault }
        guard let account = source.session.flatMap({ table.session($0)?.account }) else { return nil }
        return faults.refusal(of: account, kind: kind, at: work.utcMilliseconds)
    }

    /// As for any other command; but a repetition of one that was applied is answered from memory, without world code: it must not sound as if that had not
    /// happened.
    func refusal(of source: Source, _ sequence: UInt64, _ key: IdempotencyKey, _ kind: UInt16, _ work: inout TickWork) -> InputRefusal? {
        guard let why = refusal(of: source, sequence, kind, &work) else { return nil }
        guard why != .worldFault, let account = source.session.flatMap({ table.session($0)?.account }) else { return why }
        return engine.remembers(key, of: account, inTick: work.tick, utcMilliseconds: work.utcMilliseconds) ? nil : why
    }

    func dropsIntent(of session: UInt64, _ kind: UInt16, _ work: inout TickWork) -> Bool {
        if work.skips({ $0.phase == .intent && $0.source == .session(session) && $0.kind == kind }) { return true }
        guard let account = table.session(session)?.account else { return false }
        return faults.suspension(of: account, at: work.utcMilliseconds) != nil
    }

    /// Of a join.
    func refusal(of account: AccountID, _ work: inout TickWork) -> InputRefusal? {
        if work.skips({ $0.phase == .arrival && $0.account == account }) { return .worldFault }
        return faults.suspension(of: account, at: work.utcMilliseconds).map { .suspended(until: $0) }
    }
}
