import OrgeHost
import OrgeJournal
import OrgeLink
import OrgeSchema
import OrgeSession
import OrgeWorld

/// Names one command of a universe.
struct CommandName: Hashable {
    var session: UInt64
    var sequence: UInt64
}

/// Knows what is true of one world: it runs every record once more as soon as it is durable, in a host that never dies, and holds
/// everything that hosts, edges and clients say against that.
final class Judge {
    struct Given {
        var tick: UInt64
        var bytes: [UInt8]
    }

    struct Sent: Equatable {
        var kind: UInt16
        var key: IdempotencyKey?
        var payload: [UInt8]
    }

    struct Event {
        var kind: UInt16
        var isReliable: Bool
        /// For one session only.
        var isForOne: Bool
        /// The avatars that must hear it; nil: all.
        var hearers: [Entity]?
        var payload: [UInt8]
    }

    let world: WorldCase
    let verdict: Verdict
    /// The host that never dies.
    private(set) var shadow: HostState
    private(set) var history: RowHistory
    private var ledger: LedgerModel?
    private let hunter: Hunter?
    /// Hashes of the durable records, by tick.
    private(set) var records = SortedMap<UInt64, UInt64>()
    private(set) var stateHashes = SortedMap<UInt64, UInt64>()
    private var outcomes: [CommandName: Given] = [:]
    private var sent: [CommandName: Sent] = [:]
    private(set) var events = SortedMap<UInt64, [Event]>()
    /// By session, the ticks that consumed an intent and its number.
    private var consumed: [UInt64: SortedMap<UInt64, UInt32>] = [:]
    /// In which tick sessions ended or lost their connection.
    private(set) var endings = SortedMap<UInt64, UInt64>()
    var incarnation: UInt64 = 0
    /// The timeline that this one left, and the last tick that both share; nil for the first.
    let previous: Judge?
    let forkedAfter: UInt64
    /// Hosts from this incarnation on are on this timeline.
    let firstIncarnation: UInt64
    /// Of the durable records; empty where no tail is ever lost.
    private var bodies = SortedMap<UInt64, (body: [UInt8], amendments: [RecordedFault])>()
    /// The last durable record, where the world may fail on it: it runs when the host has gone on after it, or has come back.
    var waiting: (tick: UInt64, body: [UInt8])?
    /// Amendments of ticks that ran.
    private(set) var amended = SortedMap<UInt64, [RecordedFault]>()
    /// Clients were told that these never run.
    private var neverRun: Set<CommandName> = []

    init(_ world: WorldCase, _ verdict: Verdict, after previous: Judge? = nil, tick: UInt64 = 0) {
        self.previous = previous
        forkedAfter = tick
        firstIncarnation = previous.map { $0.incarnation + 1 } ?? 0
        incarnation = previous?.incarnation ?? 0
        self.world = world
        self.verdict = verdict
        shadow = HostState(new: world.makeEngine())
        hunter = verdict.hunter(of: world)
        history = RowHistory(shadow.engine)
        stateHashes[0] = shadow.stateHash
        if world.name == "ledger" { ledger = LedgerModel() }
        guard let previous else { return }
        for (recorded, body) in previous.bodies where recorded <= tick { run(body.body, body.amendments) }
    }

    /// A client that comes from another timeline was told that its command never runs on this one. Numbers of sessions that began after the fork
    /// are given again: what was sent under such a number since, on this timeline or one between, is another client's.
    /// - Parameter left: the timeline that the client was on.
    func neverRuns(_ session: UInt64, _ sequence: UInt64, leaving left: Judge) {
        let name = CommandName(session: session, sequence: sequence)
        guard !isSent(name, since: left) else { return }
        if outcomes[name] != nil { fail("command \(sequence) of session \(session) ran, and its client was told that it did not") }
        neverRun.insert(name)
    }

    private func isSent(_ name: CommandName, since left: Judge) -> Bool {
        self !== left && (sent[name] != nil || previous?.isSent(name, since: left) ?? false)
    }

    /// On this timeline, or sent on one before and not taken back.
    private func command(_ name: CommandName) -> Sent? { sent[name] ?? previous?.command(name) }

    /// Everything through this tick is on the disk.
    var durableTick: UInt64 { waiting?.tick ?? shadow.tick }

    func fail(_ what: @autoclosure () -> String) { verdict.fail("\(world.name): \(what())") }

    /// A client sends a command.
    func sending(
        _ session: UInt64, _ sequence: UInt64, _ kind: UInt16, _ payload: [UInt8], key: IdempotencyKey? = nil, isCounted: Bool = true
    ) {
        if isCounted { verdict.report.sent += 1 }
        neverRun.remove(CommandName(session: session, sequence: sequence))
        let old = sent.updateValue(Sent(kind: kind, key: key, payload: payload), forKey: CommandName(session: session, sequence: sequence))
        if old != nil { fail("session \(session) was given to two connections: command \(sequence) is sent twice") }
    }

    // MARK: Records

    /// A host's journal says that a record is durable. Another host that uses the journal at the same time may have found it there before.
    func durable(_ tick: UInt64, _ body: [UInt8]) {
        if let known = records[tick] {
            if known != hash64(body) { fail("two hosts call tick \(tick) durable, each with a record of its own") }
            return
        }
        settle()
        guard verdict.isPoisoned, let record = try? TickRecord(decoding: body), record.isPoisoned else { return run(body, []) }
        records[record.tick] = hash64(body)
        waiting = (record.tick, body)
    }

    /// The world did not fail on the record that waits.
    func settle() {
        if let (_, body) = waiting.take() { run(body, []) }
    }

    func run(_ body: [UInt8], _ amendments: [RecordedFault]) {
        do throws(ReplayFailure) {
            let (record, executed) = try shadow.replay(body, amendments: amendments)
            records[record.tick] = hash64(body)
            if !amendments.isEmpty { amended[record.tick] = amendments }
            if verdict.losesTails { bodies[record.tick] = (body, amendments) }
            stateHashes[record.tick] = executed.stateHash
            verdict.report.ticks += 1
            verdict.mix(executed.stateHash)
            check(record)
            check(executed)
            if let why = ledger?.run(record, executed, amendments.map(\.amendment)) { fail(why) }
            if let why = hunter?.run(body, amendments, executed, beside: shadow) { fail(why) }
            if let why = shadow.contradiction { fail("after tick \(record.tick): \(why)") }
        } catch {
            fail("a run that never stopped does not come to the same: \(error)")
        }
    }

    /// What was sealed is what clients sent, each command once.
    private func check(_ record: TickRecord) {
        for input in record.inputs {
            guard let (session, sequence, sealed) = Self.command(input) else { continue }
            let name = CommandName(session: session, sequence: sequence)
            if neverRun.contains(name) { fail("tick \(record.tick) holds command \(sequence) of session \(session), which was said never to run") }
            guard let command = command(name) else {
                fail("tick \(record.tick) holds command \(sequence) of session \(session), which no client sent")
                continue
            }
            if command != sealed {
                fail("tick \(record.tick): command \(sequence) of session \(session) is not the one that was sent under this number")
            }
        }
    }

    private static func command(_ input: HostInput) -> (session: UInt64, sequence: UInt64, Sent)? {
        switch input {
        case .command(.session(let session), let sequence, let kind, let payload): (session, sequence, Sent(kind: kind, key: nil, payload: payload))
        case .keyed(let session, let sequence, let key, let kind, let payload): (session, sequence, Sent(kind: kind, key: key, payload: payload))
        default: nil
        }
    }

    private func check(_ executed: ExecutedTick) {
        history.apply(executed.output.changes, tick: executed.tick)
        for outcome in executed.outcomes {
            guard let session = outcome.source.session else { return fail("an outcome for \(outcome.source), which sent nothing") }
            let name = CommandName(session: session, sequence: outcome.sequence)
            if outcomes.updateValue(Given(tick: executed.tick, bytes: Array(outcome.bytes)), forKey: name) != nil {
                fail("command \(outcome.sequence) of session \(session) was run twice")
            }
        }
        for intent in executed.consumed { consumed[intent.session, default: SortedMap()][executed.tick] = intent.number }
        for session in executed.closed { endings[session] = executed.tick }
        guard !executed.output.events.isEmpty else { return }
        events[executed.tick] = executed.output.events.map { event in
            let isForOne = if case .avatar = event.audience { true } else { false }
            return Event(
                kind: event.kind, isReliable: event.isReliable, isForOne: isForOne, hearers: hearers(event.audience),
                payload: Array(executed.output.eventBytes[event.bytes]))
        }
    }

    private func hearers(_ audience: EventAudience) -> [Entity]? {
        switch audience {
        case .all: return nil
        case .avatar(let avatar): return [avatar]
        case .disc(let x, let y, let radius):
            return shadow.table.sessions.values.map(\.avatar).filter { avatar in
                guard let place = shadow.engine.place(of: avatar) else { return false }
                return (place.x - x) * (place.x - x) + (place.y - y) * (place.y - y) <= radius * radius
            }
        }
    }

    // MARK: What is said

    /// A client or an edge is told of this tick.
    func released(_ tick: UInt64, _ what: String) {
        if let waiting, tick >= waiting.tick { settle() }
        verdict.expect(tick <= durableTick, "\(world.name): \(what) of tick \(tick) was released, and the disk holds \(durableTick)")
    }

    /// A client is told an outcome: it must be the world's, of that tick.
    func told(_ session: UInt64, _ sequence: UInt64, _ tick: UInt64?, _ bytes: [UInt8]) {
        guard let given = outcomes[CommandName(session: session, sequence: sequence)] else {
            return fail("an outcome of command \(sequence) of session \(session), which is not durable")
        }
        if given.bytes != bytes { fail("the outcome of command \(sequence) of session \(session) changed on its way") }
        if let tick, tick != given.tick { fail("the outcome of command \(sequence) of session \(session) is of tick \(given.tick), not \(tick)") }
    }

    /// The last intent that the session's client sent after it had joined and the world consumed; nil when there is none. Nor of a session that has lost
    /// its connection by then: nothing is told of it any more, and its client, who may still see a view, will hear that it ended.
    func consumedIntent(of session: UInt64, from first: UInt64, through last: UInt64) -> UInt32? {
        guard endings[session].map({ $0 > last }) ?? true else { return nil }
        var number: UInt32?
        consumed[session]?.visit(from: first) { tick, consumed in
            if tick <= last { number = consumed }
            return tick < last
        }
        return number
    }

    func ledgerBalance(_ account: Entity) -> Int64? { ledger?.balances[account] }

    func wasGiven(_ session: UInt64, _ sequence: UInt64) -> Bool { outcomes[CommandName(session: session, sequence: sequence)] != nil }

    /// How many of a session's commands are in the journal.
    func sealedCount(of session: UInt64, from first: UInt64) -> UInt64 {
        var next = first
        while wasGiven(session, next) { next += 1 }
        return next - first
    }
}

extension TickRecord {
    /// Whether a command in it is one that ``PoisonedLedger`` may fail on.
    fileprivate var isPoisoned: Bool {
        inputs.contains { input in
            switch input {
            case .command(_, _, _, let payload), .keyed(_, _, _, _, let payload): PoisonedTransfer.isPoison(payload)
            default: false
            }
        }
    }
}
