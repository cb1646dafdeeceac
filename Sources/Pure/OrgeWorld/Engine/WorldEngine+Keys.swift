import OrgeImage
import OrgeSchema

/// Commands with an idempotency key.
extension WorldEngine {
    /// Runs a command unless its key says that it was applied before, and writes its outcome.
    ///
    /// Keys are forgotten here and nowhere else: a tick without such commands changes no key, so that ticks without inputs may be left out.
    @inline(never)  // It is rare, and its size must not keep the path of other commands from being inlined.
    func run(_ session: UInt64, _ key: IdempotencyKey, _ kind: UInt16, _ payload: [UInt8], _ ordinal: UInt64, _ writer: inout ByteWriter) {
        let content = content(kind, payload)
        switch judge(session, key, content) {
        case .failure(let refusal): Outcome.refused(refusal).encode(to: &writer)
        case .success(.repeated(let known)): Outcome.repeated(tick: known.tick, result: known.result).encode(to: &writer)
        case .success(.new(let presence)):
            let start = writer.count
            run(presence.avatar, kind, payload, ordinal, &writer)
            // Only what was applied is remembered: a refused command has changed nothing, its key included.
            guard writer.bytes[start] == Outcome.appliedStatus else { return }
            let result = Array(writer.bytes[(start + 1)...])
            core.state.rememberKey(
                KeyRecord(account: presence.account, key: key, content: content, tick: tick, stamp: keyClock, result: result))
        }
    }

    private enum Verdict {
        case new(Presence)
        case repeated(KeyRecord)
    }

    private func judge(_ session: UInt64, _ key: IdempotencyKey, _ content: UInt64) -> Result<Verdict, Refusal> {
        guard let presence = presences[session] else { return .failure(Refusal(.notFound, "the session is not in the world")) }
        guard core.state.keys.limit > 0 else { return .failure(Refusal(.noKeys, "this world remembers no keys; send the command without one")) }
        forgetKeys()
        if let known = core.state.keys.find(presence.account, key) {
            guard known.content == content else { return .failure(Refusal(.keyReused, "another command was applied with this key; draw a new key")) }
            return .success(.repeated(known))
        }
        guard core.state.keys.hasRoom(for: presence.account) else {
            let isAccount = core.state.keys.count(of: presence.account) >= core.state.keys.limitPerAccount
            return .failure(Refusal(.keysFull, "\(isAccount ? "the account has" : "the world has") as many keys remembered as it may; the command was not run"))
        }
        return .success(.new(presence))
    }

    /// - Complexity: O(keys that are due). Each was remembered by a command of its own.
    private func forgetKeys() {
        while let stamp = core.state.keys.oldestStamp, isDue(stamp, at: keyClock) { core.state.forgetOldestKey() }
    }

    private func isDue(_ stamp: UInt64, at clock: UInt64) -> Bool { clock >= stamp && clock - stamp >= keyLifetime }

    /// The clock that keys are measured with: ticks where the pace is fixed, otherwise the log's UTC in milliseconds.
    private var keyClock: UInt64 { keyClock(tick, core.state.utc) }
    private func keyClock(_ tick: UInt64, _ utc: UInt64) -> UInt64 { pace.hertz == nil ? utc : tick }

    /// Whether a command under this key, in a tick to come, is answered from memory.
    package func remembers(_ key: IdempotencyKey, of account: AccountID, inTick tick: UInt64, utcMilliseconds: UInt64) -> Bool {
        guard let known = core.state.keys.find(account, key) else { return false }
        return !isDue(known.stamp, at: keyClock(tick, utcMilliseconds))
    }

    /// Kind and payload of a command, as a key is held to them. Not collision-resistant: a client that forges a collision deceives itself alone.
    private func content(_ kind: UInt16, _ payload: [UInt8]) -> UInt64 {
        hash64(payload, seed: Int(kind) < registry.commands.count ? registry.commands[Int(kind)].nameHash : UInt64(kind))
    }

    /// Adds a key from an image or a feed.
    func restore(_ record: KeyRecord, at offset: Int) throws(DecodeError) {
        if let fault = fault(in: record) { throw DecodeError(.inconsistent(fault), at: offset) }
        core.state.rememberKey(record)
    }

    private func fault(in record: KeyRecord) -> String? {
        let keys = core.state.keys
        if keys.limit == 0 { return "a remembered key, and the world declares no keyMemory" }
        if keys.count >= keys.limit { return "more than the \(keys.limit) keys that the world's keyMemory has room for" }
        if record.result.count > keys.resultBytes { return "a result of \(record.result.count) bytes, and the world's longest has \(keys.resultBytes)" }
        if record.stamp > ImageLimits.counter || record.stamp < keys.newest?.stamp ?? 0 { return "keys out of order" }
        if pace.hertz != nil, record.stamp != record.tick { return "a key with another stamp than its tick" }
        return keys.find(record.account, record.key) == nil ? nil : "a key twice"
    }

    /// What contradicts the time of the last tick; nil in a sound state.
    package func keyContradiction(utcMilliseconds: UInt64) -> String? {
        let now = pace.hertz == nil ? utcMilliseconds : tick
        guard let newest = core.state.keys.newest else { return nil }
        return newest.stamp > now || newest.tick > tick ? "a key of a time to come" : nil
    }

    /// Keys that are remembered, due ones included.
    package var keyCount: Int { core.state.keys.count }
}
