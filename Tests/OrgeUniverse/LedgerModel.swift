import OrgeHost
import OrgeJournal
import OrgeLink
import OrgeSchema
import OrgeWire
import OrgeWorld

/// Ledger once more, in a few lines that share nothing with the world's code: what each command of the journal must have come to.
struct LedgerModel {
    private static let opening: Int64 = 100_00
    private static let most: UInt32 = 50_00
    private(set) var balances = SortedMap<Entity, Int64>()
    private var avatars = SortedMap<UInt64, Entity>()

    var total: Int64 { balances.values.reduce(0, +) }
    var expectedTotal: Int64 { Int64(balances.count) * Self.opening }

    /// Applied commands with a key, by the account that sent them: the payload, the tick and what was left. No universe lasts a day.
    private var keys: [KeyName: (payload: [UInt8], tick: UInt64, left: Int64)] = [:]

    private struct KeyName: Hashable {
        var account: Entity
        var key: IdempotencyKey
    }

    private enum Verdict: Equatable {
        case applied(Int64)
        case repeated(UInt64, Int64)
        case refused([UInt8])
    }

    /// Faults of accounts, and until when they are suspended, in UTC milliseconds.
    private var strikes: [(account: Entity, time: UInt64)] = []
    private var suspended: [Entity: UInt64] = [:]

    /// What ``PoisonedLedger`` says of suspensions, in milliseconds.
    private static let (firstSuspension, counting): (UInt64, UInt64) = (1_000, 10_000)
    private static let (worldFault, suspendedCode): (UInt8, UInt8) = (14, 15)

    /// Runs one tick's inputs.
    /// - Parameter amendments: of the tick.
    /// - Returns: what differs from what the world said, if anything does.
    mutating func run(_ record: TickRecord, _ executed: ExecutedTick, _ amendments: [FaultAmendment]) -> String? {
        for amendment in amendments {
            if let why = strike(amendment, record.utcMilliseconds) { return "tick \(record.tick): \(why)" }
        }
        for answer in executed.answers {
            guard case .join(.joined(let session, let avatar, _, _)) = answer.answer else { continue }
            avatars[session] = avatar
            if balances[avatar] == nil { balances[avatar] = Self.opening }
        }
        var given = executed.outcomes[...]
        for input in record.inputs {
            if case .malformed(let source, let sequence) = input, let outcome = given.first, outcome.source == source, outcome.sequence == sequence {
                given.removeFirst()
                // Refused, with the code for it, whatever the words.
                if outcome.bytes.prefix(2) != [1, 10] {
                    return "tick \(record.tick), \(source), command \(sequence): a malformed command is not refused as such"
                }
            }
            guard let (session, sequence, key, kind, payload) = Self.command(input) else { continue }
            // A command whose session ended before it, in the same tick, is dropped and has no outcome.
            guard let outcome = given.first, outcome.source == .session(session), outcome.sequence == sequence else { continue }
            given.removeFirst()
            let isSkipped = amendments.contains { $0.source == .session(session) && $0.sequence == sequence }
            let refused = isSkipped ? Self.worldFault : avatars[session].map { suspended[$0] ?? 0 > record.utcMilliseconds } == true ? Self.suspendedCode : nil
            let verdict =
                key.map { keyed(session, $0, kind, payload, record.tick, refused) } ?? refused.map { .refused([$0]) } ?? transfer(session, kind, payload)
            if let why = check(Array(outcome.bytes), verdict) {
                return "tick \(record.tick), session \(session), command \(sequence): \(why)"
            }
        }
        if let extra = given.first { return "tick \(record.tick) has an outcome of \(extra.source) for no command" }
        return checkRows(executed)
    }

    private typealias Command = (session: UInt64, sequence: UInt64, key: IdempotencyKey?, kind: UInt16, payload: [UInt8])

    private static func command(_ input: HostInput) -> Command? {
        switch input {
        case .command(.session(let session), let sequence, let kind, let payload): (session, sequence, nil, kind, payload)
        case .keyed(let session, let sequence, let key, let kind, let payload): (session, sequence, key, kind, payload)
        default: nil
        }
    }

    /// Only transfers of the one amount may be left out of a tick.
    private mutating func strike(_ amendment: FaultAmendment, _ utc: UInt64) -> String? {
        guard amendment.phase == .command, amendment.grade == .skipInput, let session = amendment.source?.session, let account = avatars[session] else {
            return "\(amendment.what) is amended as \(amendment.grade.name)"
        }
        let before = strikes.count { $0.account == account && $0.time + Self.counting >= utc }
        strikes.append((account, utc))
        suspended[account] = utc + Self.firstSuspension << UInt64(before)
        return nil
    }

    /// - Parameter refused: the code with which a command without a known key is refused.
    private mutating func keyed(
        _ session: UInt64, _ key: IdempotencyKey, _ kind: UInt16, _ payload: [UInt8], _ tick: UInt64, _ refused: UInt8?
    ) -> Verdict {
        guard let account = avatars[session] else { return .refused([]) }
        let name = KeyName(account: account, key: key)
        if let known = keys[name] { return known.payload == payload ? .repeated(known.tick, known.left) : .refused([11]) }
        if let refused { return .refused([refused]) }
        let verdict = transfer(session, kind, payload)
        if case .applied(let left) = verdict { keys[name] = (payload, tick, left) }
        return verdict
    }

    private mutating func transfer(_ session: UInt64, _ kind: UInt16, _ payload: [UInt8]) -> Verdict {
        guard kind == 0, payload.count == 12, let from = avatars[session] else { return .refused([]) }
        let to = Entity(raw: payload[..<8].reduce(0) { $0 << 8 | UInt64($1) })
        let amount = payload[8...].reduce(0) { $0 << 8 | UInt32($1) }
        guard (1...Self.most).contains(amount) else { return .refused([7]) }
        guard to != from else { return .refused([1]) }
        guard let mine = balances[from] else { return .refused([2]) }
        guard mine >= Int64(amount) else { return .refused([5]) }
        guard let theirs = balances[to] else { return .refused([2]) }
        balances[from] = mine - Int64(amount)
        balances[to] = theirs + Int64(amount)
        return .applied(mine - Int64(amount))
    }

    private func check(_ bytes: [UInt8], _ expected: Verdict) -> String? {
        let outcome: CommandOutcome
        do throws(DecodeError) { outcome = try CommandOutcome(decoding: bytes) } catch { return "an outcome that is none: \(error)" }
        switch (outcome, expected) {
        case (.applied(let result), .applied(let left)):
            let said = result.reduce(0) { $0 << 8 | UInt64($1) }
            return said == UInt64(bitPattern: left) ? nil : "the world says that \(said) is left, the model \(left)"
        case (.repeated(let tick, let result), .repeated(let first, let left)):
            let said = result.reduce(0) { $0 << 8 | UInt64($1) }
            return tick == first && said == UInt64(bitPattern: left) ? nil : "the world repeats tick \(tick) with \(said), the model \(first) with \(left)"
        case (.refused(let code, _, _), .refused(let codes)): return codes.contains(code) ? nil : "refused with \(code), and the model expects \(codes)"
        default: return "the world says \(outcome), the model \(expected)"
        }
    }

    /// Every balance that the tick changed is the model's.
    private func checkRows(_ executed: ExecutedTick) -> String? {
        let changes = executed.output.changes
        for row in changes.rows {
            guard let bytes = row.bytes.map({ changes.bytes[$0] }), bytes.count == 16 else { return "an account without a balance: \(row.entity)" }
            let cents = Int64(bitPattern: bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
            guard balances[row.entity] == cents else {
                return "tick \(executed.tick): \(row.entity) holds \(cents), in the model \(balances[row.entity].map { "\($0)" } ?? "nothing")"
            }
        }
        return total == expectedTotal ? nil : "tick \(executed.tick): \(total) cents in \(balances.count) accounts"
    }
}
