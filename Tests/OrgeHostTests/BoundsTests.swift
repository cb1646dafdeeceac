import OrgeLink
import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

@Suite("What a host holds is bounded")
struct BoundsTests {
    private func attachment(_ number: Int) -> OrgeHost.Attachment { OrgeHost.Attachment(edge: 1, number: UInt64(number)) }

    @Test("a world with as many sessions as it takes answers the next join with full, and takes it when one has gone")
    func sessions() {
        let sessions = (1...HostLimits.sessions).map { number in
            Session(number: UInt64(number), .guest("p\(number + 100_000)"), avatar: .none, attachment: attachment(number))
        }
        let table = SessionTable(nextNumber: UInt64(sessions.count + 1), sessions: sessions, edges: SortedMap())
        var state = HostState(
            engine: WorldEngine(Tally.self, number: 3, seed: 1), table: table, chain: 1, worldChain: 1, utcMilliseconds: 0, events: EventHistory())
        func join(_ inputs: [HostInput]) -> JoinAnswer? {
            let record = state.seal(tick: state.tick + 1, utcMilliseconds: 0, lateMicroseconds: 0, inputs: inputs)
            let answers = state.run(record, body: record.encoded()).answers
            for answer in answers { if case .join(let answer) = answer.answer { return answer } }
            return nil
        }
        let newcomer = HostInput.join(Attachment(edge: 2, number: 1), .guest("anna"), takesOver: false)
        guard case .refused(.full, _, _, _)? = join([newcomer]) else {
            Issue.record("one session too many")
            return
        }
        guard case .joined? = join([.leave(attachment(7)), newcomer]) else {
            Issue.record("no room though a client has left")
            return
        }
    }

    @Test("arrivals beyond what one tick takes come in the next ones, each once")
    func arrivals() {
        var waiting = WaitingLifecycle()
        let count = 2 * HostLimits.arrivalsPerTick + 10
        for number in 0..<count { waiting.join(attachment(number), .guest("p\(number)")) }
        var sizes: [Int] = []
        var accounts: Set<AccountID> = []
        for seed in 1...4 as ClosedRange<UInt64> {
            let joins = waiting.nextJoins(seed: seed)
            sizes.append(joins.count)
            for join in joins { accounts.insert(join.join.identity.id) }
        }
        #expect(sizes == [HostLimits.arrivalsPerTick, HostLimits.arrivalsPerTick, 10, 0] && accounts.count == count)
    }

    @Test("endings beyond what one tick takes come in the next ones, each once, and each after its session's commands")
    func endings() {
        var waiting = WaitingLifecycle()
        let count = 2 * HostLimits.endingsPerTick + 10
        for number in 0..<count {
            let account = AccountID(raw: UInt64(number + 1))
            waiting.end(attachment(number), .init(session: (UInt64(number + 1), account), isOnPurpose: number.isMultiple(of: 2)))
            waiting.expire(UInt64(100_000 + number), of: account, since: 0)
        }
        var ended: [UInt64] = []
        var expired: [UInt64] = []
        var ticks = 0
        while waiting.isUrgent && ticks < 10 {
            var inputs: [HostInput] = []
            let blocked = ticks
            waiting.sealEndings(seed: UInt64(ticks), into: &inputs) { $0 == 1 && blocked < 2 }
            #expect(inputs.count <= 3 * HostLimits.endingsPerTick)
            for input in inputs {
                switch input {
                case .leave(let attachment), .detach(let attachment): ended.append(attachment.number)
                case .expire(let session): expired.append(session)
                default: Issue.record("\(input)")
                }
            }
            #expect(ended.contains(0) == (ticks >= 2))
            ticks += 1
        }
        #expect(ended.sorted() == (0..<count).map(UInt64.init) && expired.sorted() == (0..<count).map { UInt64(100_000 + $0) })
        #expect(ticks == 3)
    }

    @Test("intents beyond a tick's bytes wait for the next one, and none is lost")
    func intents() {
        var queue = InputQueue(quantum: 1)
        for number in 1...10 {
            queue.open(Session(number: UInt64(number), .guest("p\(number)"), avatar: .none, attachment: attachment(number)))
            queue.intent(UInt64(number), number: 1, kind: 0, payload: [UInt8](repeating: 1, count: 85))
        }
        var sealed: [Int] = []
        while !queue.isEmpty {
            var inputs: [HostInput] = []
            queue.sealIntents(seed: UInt64(sealed.count), bytes: 400, into: &inputs)
            sealed.append(inputs.count)
            guard sealed.count < 20 else { break }
        }
        #expect(sealed == [4, 4, 2])
    }

    @Test("an edge that acknowledges nothing is sent no more than its bound, and more when it has caught up")
    func unacknowledged() {
        var link = EdgeLink()
        for tick in 1...8 as ClosedRange<UInt64> {
            #expect(link.hasRoom)
            link.sent(tick, bytes: HostLimits.bytesUnacknowledged / 8)
        }
        #expect(!link.hasRoom)
        link.acknowledge(1)
        #expect(link.hasRoom && link.unacknowledgedBytes == HostLimits.bytesUnacknowledged / 8 * 7)
    }

    @Test("released ticks are kept by number and by bytes, the newest always", arguments: [0, 10_000, 200_000])
    func retained(outcomeCount: Int) {
        let outcome = ExecutedTick.Outcome(edge: 1, source: .session(1), sequence: 1, bytes: [0])
        let engine = WorldEngine(QuietTally.self, number: 3, seed: 1)
        var retained = RetainedTicks(after: 0, chain: 0)
        for tick in 1...100 as ClosedRange<UInt64> {
            var executed = ExecutedTick(output: engine.execute(tick: tick, utcMilliseconds: 0, inputs: []), utcMilliseconds: 0)
            executed.outcomes = [ExecutedTick.Outcome](repeating: outcome, count: outcomeCount)
            let held = HeldTick(executed)
            retained.append(held)
            let kept = min(Int(tick), max(1, min(HostLimits.ticksRetained, HostLimits.bytesRetained / held.byteCount)))
            #expect(retained.before == tick - UInt64(kept) && retained.frames(after: tick - 1, to: 1, on: 1, world: 3)?.tick == tick)
        }
    }

    @Test("of edges that were given up the last few are remembered, and a session without a connection keeps its outcomes")
    func forgotten() {
        var table = SessionTable()
        for edge in 1...40 as ClosedRange<UInt64> { table.giveUp(edge: edge, at: 100 + edge) }
        #expect(table.edges.map { $0.0 } == Array(41 - UInt64(HostLimits.edgesRemembered)...40))
        let number = table.open(.guest("anna"), avatar: .none, attachment: attachment(1), at: 1, ticket: .none)
        table.update(number) { $0.window.keep(KeptOutcomes.Outcome(sequence: 1, tick: 1, bytes: [0])) }
        table.detach(number, at: 2)
        #expect(table.session(number)?.window.kept.count == 1 && table.session(number)?.isAttached == false)
    }
}
