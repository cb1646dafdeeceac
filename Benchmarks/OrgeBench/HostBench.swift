import OrgeHost
import OrgeLink
import OrgeWorld

/// A host machine with one edge and a disk that is always done: what the host's own work costs, without files and sockets.
struct HostBench: ~Copyable {
    private var machine: HostMachine
    private var batch = InputBatchWriter()
    private var batchNumber: UInt64 = 0
    private var now: UInt64 = 1
    var tickSeconds: [Double] = []
    /// CPU seconds of all steps of audits.
    private(set) var auditSeconds = 0.0
    private(set) var auditsAnswered = 0
    private(set) var auditsBusy = 0

    init<W: World>(_ world: W.Type) {
        let state = HostState(new: WorldEngine(W.self, number: 1, seed: 1))
        machine = HostMachine(state, settings: HostSettings(codeID: "1", incarnation: 1), replayed: RetainedTicks(after: 0, chain: 0), now: 0)
        handle(.linkOpened(1))
        send(EdgeFrame.encode(EdgeHello(world: W.name, edgeID: 7, incarnation: 0)))
    }

    var sessions: Int { machine.state.table.sessions.count }
    var tick: UInt64 { machine.state.tick }

    mutating func join(_ attachments: ClosedRange<UInt64>) {
        for number in attachments { batch.join(attachment: number, .guest("account-\(mix64(number))")) }
        flush()
    }

    mutating func leave(_ attachments: ClosedRange<UInt64>) {
        for number in attachments { batch.leave(attachment: number) }
        flush()
    }

    mutating func audit(_ request: UInt64, session: UInt64) { batch.audit(request: request, session: session) }

    mutating func flush() {
        batchNumber += 1
        send(batch.finish(number: batchNumber, world: 1))
    }

    /// - Parameter framed: with its length.
    private mutating func send(_ framed: [UInt8]) {
        do throws(DecodeError) {
            handle(.frame(link: 1, try EdgeFrame(decoding: Array(framed.dropFirst(4)))))
        } catch {
            preconditionFailure("the bench speaks the link: \(error)")
        }
    }

    /// The clock moves on by one tick of 50 ms, and the tick runs.
    mutating func turn() {
        now += 50_000_000
        handle(.turn(utcMilliseconds: now / 1_000_000))
        send(EdgeFrame.encode(released: machine.releasedTick, world: 1))
    }

    /// As the shell does it, with the time of this thread.
    private mutating func stepAudits() {
        var hasMore = true
        while hasMore {
            let start = Bench.cpuSeconds
            let directives = machine.handle(.stepAudits, at: now)
            let spent = Bench.cpuSeconds - start
            auditSeconds += spent
            hasMore = machine.measured(audits: UInt64(spent * 1e9))
            for directive in directives { obey(directive) }
        }
    }

    /// Frames are `size u32 · type u8 · world u16 · body`; an audit's answer begins with request and tick, each `u64`, and flags.
    private mutating func countAudit(_ frame: [UInt8]) {
        guard frame.count > 23, frame[4] == 0x84 else { return }
        if frame[23] & 2 != 0 { auditsBusy += 1 } else if frame[23] & 1 == 0 { auditsAnswered += 1 }
    }

    private mutating func handle(_ event: HostEvent) {
        for directive in machine.handle(event, at: now) { obey(directive) }
    }

    private mutating func obey(_ directive: HostDirective) {
        switch directive {
        case .append(let tick, _): handle(.durable(through: tick))
        case .execute:
            let start = Bench.cpuSeconds
            let directives = machine.handle(.execute, at: now)
            tickSeconds.append(Bench.cpuSeconds - start)
            for directive in directives { obey(directive) }
        case .beginImage: handle(.beginImage)
        case .readImage: handle(.imageRead)
        case .stepAudits: stepAudits()
        case .publishImage(let tick): handle(.imageWritten(tick: tick))
        case .send(_, let frame): countAudit(frame)
        case .close(_, let why): preconditionFailure("the host ended a link: \(why)")
        case .answerLift: preconditionFailure("the bench lifts nothing")
        case .stopped: preconditionFailure("the bench stops no host")
        }
    }
}
