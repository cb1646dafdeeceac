import Glibc
import NIOCore
import OrgeClient
import OrgeSchema
import OrgeSession
import OrgeWire

/// All bots of a run, on one event loop.
final class Herd {
    let host: String
    let port: Int
    let loop: any EventLoop
    let plan: BotsPlan
    private let outcomeLog: OutcomeLog?
    private var bots: [Bot] = []
    private var generator: CommandGenerator?
    private var random: RandomSource
    private(set) var known: ClientSession.KnownSchema?
    private(set) var isEnding = false
    /// Bots that have dropped their connection and are about to make another.
    private var comingBack = 0
    private var finished: EventLoopPromise<Void>?
    private var startedAt: UInt64 = 0
    private var endedAt: UInt64 = 0
    private var driver: RepeatedTask?
    private var sharing: RepeatedTask?
    var tally = Tally()
    var lastRefusal: String?

    /// Nanoseconds between a bot's commands; never at a rate of 0.
    let commandPeriod: UInt64
    /// Nanoseconds of a tick; 0 where ticks have no fixed length.
    private(set) var intentPeriod: UInt64 = 0

    /// How often bots look whether something is due: well below a tick, so that the rate is kept and latencies are honest.
    private static let driverPeriod = TimeAmount.milliseconds(2)
    /// Bots that connect at the same time: a server has a limit on unauthenticated connections.
    private static let connectBatch = 25
    /// How long outcomes and audits may take at the end.
    private static let drainTime = TimeAmount.seconds(10)
    private static let auditTime = TimeAmount.seconds(20)

    init(_ plan: BotsPlan, host: String, port: Int, on loop: any EventLoop, log: OutcomeLog?) {
        self.plan = plan
        self.host = host
        self.port = port
        self.loop = loop
        outcomeLog = log
        random = RandomSource(seed: plan.seed)
        // A command in thirty years is as good as none, and more nanoseconds would not fit.
        commandPeriod = plan.rate > 0 ? UInt64(min(1e9 / plan.rate, 1e18)) : .max
        bots = (0..<plan.count).map { Bot("\(plan.prefix)-\($0)", herd: self) }
    }

    func after(_ time: TimeAmount, _ body: @escaping (Herd) -> Void) {
        let me = NIOLoopBound((self, body), eventLoop: loop)
        loop.scheduleTask(in: time) { me.value.1(me.value.0) }
    }

    private func every(_ period: TimeAmount, _ body: @escaping (Herd) -> Void) -> RepeatedTask {
        let me = NIOLoopBound((self, body), eventLoop: loop)
        return loop.scheduleRepeatedTask(initialDelay: period, delay: period) { _ in me.value.1(me.value.0) }
    }
}

/// A run from its beginning to its end.
extension Herd {
    func start(_ finished: EventLoopPromise<Void>) {
        self.finished = finished
        startedAt = NIODeadline.now().uptimeNanoseconds
        connectSome(from: 0)
        driver = every(Self.driverPeriod) { herd in
            let now = NIODeadline.now().uptimeNanoseconds
            for bot in herd.bots { bot.act(now) }
        }
        sharing = every(.seconds(1)) { herd in
            for bot in herd.bots { bot.share() }
            herd.say()
        }
        if let seconds = plan.seconds { after(.milliseconds(Int64(seconds * 1_000))) { $0.drain() } }
    }

    private func connectSome(from first: Int) {
        if isEnding { return }
        for bot in bots[first..<min(first + Self.connectBatch, bots.count)] { bot.connect() }
        if first + Self.connectBatch < bots.count { after(.milliseconds(10)) { $0.connectSome(from: first + Self.connectBatch) } }
    }

    /// No bot acts any more; what is unanswered is waited for, then all are audited and leave.
    func drain() {
        if isEnding { return }
        isEnding = true
        endedAt = NIODeadline.now().uptimeNanoseconds
        for bot in bots { bot.drain() }
        let deadline = NIODeadline.now() + Self.drainTime
        waitForOutcomes(until: deadline)
    }

    private func waitForOutcomes(until deadline: NIODeadline) {
        if bots.allSatisfy({ $0.unanswered == 0 && $0.state != .connecting && !$0.isReturning }) || NIODeadline.now() >= deadline { return audit(from: 0) }
        after(.milliseconds(20)) { $0.waitForOutcomes(until: deadline) }
    }

    /// Not all at once: an audit is a walk over the client's surroundings, in the world's own process.
    private func audit(from first: Int) {
        for bot in bots[first..<min(first + Self.connectBatch, bots.count)] {
            if bot.state == .draining { bot.audit() } else { bot.leave() }
        }
        if first + Self.connectBatch < bots.count { return after(.milliseconds(50)) { $0.audit(from: first + Self.connectBatch) } }
        after(Self.auditTime) { herd in for bot in herd.bots { bot.connection?.close() } }
        finishIfAllAreGone()
    }

    func ended(_ bot: Bot, comesBack: Bool) {
        guard comesBack, !isEnding else { return finishIfAllAreGone() }
        comingBack += 1
        after(.milliseconds(50)) { herd in
            herd.comingBack -= 1
            if herd.isEnding { herd.finishIfAllAreGone() } else { bot.connect() }
        }
    }

    private func finishIfAllAreGone() {
        guard let finished, comingBack == 0, bots.allSatisfy({ $0.state == .gone }) else { return }
        if endedAt == 0 { endedAt = NIODeadline.now().uptimeNanoseconds }
        driver?.cancel()
        sharing?.cancel()
        self.finished = nil
        for bot in bots where !bot.hasJoined { tally.absent[bot.absence] = (tally.absent[bot.absence] ?? 0) + 1 }
        finished.succeed()
    }
}

/// What bots ask of it.
extension Herd {
    func joined(_ joined: ServerFrame.Joined, _ connection: ClientConnection) {
        if generator == nil, let schema = connection.session.known {
            known = schema
            generator = CommandGenerator(schema: schema.schema, seed: plan.seed)
            intentPeriod = UInt64(joined.tickMicroseconds) * 1_000
        }
        generator?.see(joined.avatar)
    }

    func command() -> (kind: UInt16, payload: [UInt8])? { generator?.command() }
    func see(_ entity: Entity) { generator?.see(entity) }

    func intent(_ intent: WorldSchema.Intent) -> [UInt8] {
        guard let row = generator?.intent(intent) else { preconditionFailure("a bot that has joined has a schema") }
        return row
    }

    /// A number below the bound.
    func chance(_ bound: Int) -> Int { random.below(max(1, bound)) }

    /// When a connection made now is to be dropped: between half and one and a half of the mean.
    func dropTime(_ now: UInt64) -> UInt64 {
        guard let mean = plan.churn ?? plan.drop else { return .max }
        return now + UInt64(mean * 0.5e9) + UInt64(chance(Int(mean * 1e9)))
    }

    func log(_ outcome: CommandOutcome, of command: ClientSession.Unanswered, by name: String, _ tick: UInt64, _ connection: ClientConnection) {
        guard let outcomeLog, let joined = connection.session.joined else { return }
        outcomeLog.write(
            .object([
                ("account", .string(name)), ("session", .count(joined.session)), ("avatar", .string(joined.avatar.description)),
                ("sequence", .count(command.sequence)), ("tick", .count(tick)), ("outcome", .string(outcome.isApplied ? "applied" : "refused")),
            ]))
        if outcomeLog.failure != nil { drain() }
    }
}

/// Progress and result.
extension Herd {
    private func say() {
        guard !plan.isJSON, isatty(2) == 1 else { return }
        let (p50, p99, _) = tally.latency()
        let acting = bots.count { $0.state == .acting }
        let line =
            "\r\(acting) acting, \(tally.sent) sent, \(tally.applied) applied, p50 \(thousandthsText(p50)) ms, p99 \(thousandthsText(p99)) ms  "
        _ = unsafe line.withCString { unsafe write(2, $0, strlen($0)) }
    }

    func report(_ failure: CommandFailure?) {
        let seconds = Double(endedAt - startedAt) / 1e9
        if plan.isJSON { print(tally.json(seconds: seconds, failure).text) } else { for line in tally.lines(seconds: seconds) { print(line) } }
    }
}
