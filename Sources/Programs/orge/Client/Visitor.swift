import Glibc
import NIOCore
import NIOPosix
import OrgeClient
import OrgeSession
import OrgeSystem
import OrgeWire

/// A command's one visit to a server: it connects, picks a world, and does what its kind of visit is for.
class Visitor: ClientOwner {
    let options: ConnectOptions
    let timeout: TimeoutOptions
    let account: String
    private(set) var connection: ClientConnection?
    private var promise: EventLoopPromise<Int32>?
    private var failure: (any Error)?
    private var exitCode: Int32?
    /// Joins left to try while the world starts, about a second apart, so that a command given right after a restart succeeds.
    private var joinsLeft = 10
    private var worlds: [WorldEntry] = []
    fileprivate var stage = VisitStage.connecting
    fileprivate var deadline: Scheduled<Void>?
    private var address = ""
    /// For a visit that lasts: what had come, and when anything came last.
    private var heard: (bytes: UInt64, at: NIODeadline) = (0, .distantPast)
    /// Told to end: the answer to `leave` is awaited.
    var isFinished: Bool { exitCode != nil || failure != nil }

    init(_ options: ConnectOptions, _ timeout: TimeoutOptions, as account: String) {
        self.options = options
        self.timeout = timeout
        self.account = account
    }

    /// How long it tries to come back after a lost connection.
    var patience: TimeAmount { timeout.amount }

    /// The list of worlds has come.
    func choose(_ world: WorldEntry, _ connection: ClientConnection) {}
    /// Commands that get no outcome.
    func settled(_ commands: [ClientSession.Settled]) { if let first = commands.first { fail(Self.explanation(of: first)) } }
    /// Anything else that is not an end.
    func handle(_ reaction: ClientReaction, _ connection: ClientConnection) {}

    /// Whether the first Ctrl-C or SIGTERM calls `interrupted`; otherwise it ends the program at once.
    var endsInOrder: Bool { false }

    /// Ctrl-C or SIGTERM. By then the visit is to end in order; a second signal ends the program.
    func interrupted() {}

    /// Visits, and returns the exit code.
    /// - Throws: why the visit failed; of the kind `timeout` when the server did not answer in time.
    func run(kind: ClientKind) throws -> Int32 {
        // Before any thread exists, so that none of them takes the signals.
        let interrupts = endsInOrder ? try SignalQueue([SIGINT, SIGTERM]) : nil
        let visit = try begin(kind: kind)
        defer { visit.shutDown() }
        guard let interrupts else { return try visit.end.wait() }
        return try wait(for: visit.end, interrupts) { visit.perform { $0.interrupted() } }
    }

    /// Begins to visit, on an event loop of its own.
    func begin(kind: ClientKind) throws -> RunningVisit {
        let (host, port) = try options.address()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let promise = group.next().makePromise(of: Int32.self)
        let visit = RunningVisit(self, group, promise.futureResult)
        visit.perform { $0.start(host: host, port: port, kind: kind, promise: promise) }
        return visit
    }

    private func start(host: String, port: Int, kind: ClientKind, promise: EventLoopPromise<Int32>) {
        let loop = promise.futureResult.eventLoop
        self.promise = promise
        let connection = ClientConnection(
            .init(kind: kind, software: Program.software, name: account), returns: ReturnPolicy(patience: patience), on: loop, owner: self)
        self.connection = connection
        address = "\(host):\(port)"
        expect(within: timeout.amount)
        let me = NIOLoopBound(self, eventLoop: loop)
        connection.open(host: host, port: port).whenComplete { result in
            switch result {
            case .success: me.value.stage = max(me.value.stage, .greeting)
            case .failure(let error): me.value.notConnected(error)
            }
        }
    }

    private func notConnected(_ error: any Error) {
        failure =
            failure
            ?? CommandFailure(
                "no server answers at \(address): \(ClientConnection.reason(of: error))",
                remedy: "Is it running? Start one: orge serve --world PATH --data DIR")
        conclude()
    }

    /// Joins once: the list may come again while the join is under way.
    func join(_ world: WorldEntry, as role: JoinRole, _ connection: ClientConnection) {
        if connection.session.phase == .choosing { _ = connection.join(world.name, as: role) }
    }

    /// Leaves in order and ends with this code.
    func finish(_ code: Int32) {
        exitCode = code
        leave()
    }

    func fail(_ error: any Error) {
        if failure == nil { failure = error }
        leave()
    }

    private func leave() {
        expect(within: min(timeout.amount, Self.leavePatience))
        connection?.leave()
    }

    func react(_ reaction: ClientReaction, _ connection: ClientConnection) {
        advance(reaction)
        switch reaction {
        case .choose(let worlds):
            self.worlds = worlds
            chooseOne(connection)
        case .joinRefused(let refusal) where refusal.code == .notRunning && joinsLeft > 0:
            joinsLeft -= 1
            connection.loop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(refusal.retryAfterMilliseconds))) {
                if !self.isFinished { self.chooseOne(connection) }
            }
        case .joinRefused(let refusal):
            fail(CommandFailure("not admitted: \(refusal.text)", remedy: Self.remedy(retryAfter: refusal.retryAfterMilliseconds)))
        case .closed(let close) where exitCode == nil && failure == nil: failure = Self.explanation(of: close)
        case .closed: break
        case .settled(let settled): self.settled(settled)
        case .fault(let fault): failure = failure ?? CommandFailure("the server broke the protocol: \(fault)")
        default: handle(reaction, connection)
        }
    }

    private func chooseOne(_ connection: ClientConnection) {
        do throws(CommandFailure) { choose(try options.choose(from: worlds), connection) } catch { fail(error) }
    }

    func ended(_ connection: ClientConnection) { conclude() }

    /// Ends the visit with what is known.
    private func conclude() {
        deadline?.cancel()
        if let failure {
            promise?.fail(failure)
        } else if let exitCode {
            promise?.succeed(exitCode)
        } else {
            promise?.fail(CommandFailure("the server hung up"))
        }
        promise = nil
    }

    static func explanation(of close: Close) -> CommandFailure {
        let reason = close.reason.map { "\($0)" } ?? "reason \(close.code)"
        let text = "the server closed the connection: \(reason)\(close.text.isEmpty ? "" : ", \(close.text)")"
        return CommandFailure(text, remedy: remedy(retryAfter: close.retryAfterMilliseconds))
    }

    static func explanation(of settled: ClientSession.Settled) -> CommandFailure {
        switch settled.fate {
        case .expired, .notRun: CommandFailure("the command did not run: the session had ended before it", remedy: "Call it again.")
        case .tooOld: CommandFailure("the command had its outcome, which the server has no more")
        case .unknown: CommandFailure("the server does not know the session any more: the command may have run or not")
        }
    }

    private static func remedy(retryAfter milliseconds: UInt32) -> String? {
        milliseconds == 0 || milliseconds == Close.never ? nil : "Try again in \(milliseconds) ms."
    }
}

/// A visit under way.
struct RunningVisit: Sendable {
    // SAFETY: made on the thread that begins the visit, which hands it over with the first `perform` and never touches it again; the loop is its one user.
    private nonisolated(unsafe) let visitor: Visitor
    private let group: MultiThreadedEventLoopGroup
    /// The exit code, or why the visit failed.
    let end: EventLoopFuture<Int32>

    fileprivate init(_ visitor: Visitor, _ group: MultiThreadedEventLoopGroup, _ end: EventLoopFuture<Int32>) {
        unsafe self.visitor = visitor
        self.group = group
        self.end = end
    }

    /// Calls `body` on the visit's event loop, after what was handed over before.
    func perform(_ body: @escaping @Sendable (Visitor) -> Void) {
        end.eventLoop.execute { unsafe body(visitor) }
    }

    /// Ends the loop and its thread.
    func shutDown() { try? group.syncShutdownGracefully() }
}

/// How far a visit has come.
enum VisitStage: Comparable {
    case connecting, greeting, joining, answer, lasting
}

/// Time. A server that is stopped or hangs says nothing and does not close: only a clock tells.
extension Visitor {
    /// For the close after a `leave`: one round trip. What the visit was for is known by then.
    private static let leavePatience = TimeAmount.seconds(5)
    /// Silence of a server while a visit lasts. The client pings every five seconds, and an edge answers at once.
    private static let silencePatience = TimeAmount.seconds(15)

    /// The visit goes on for as long as the server gives signs of life.
    func last() {
        stage = .lasting
        heard = (0, .now())
        listen()
    }

    /// The visit goes on until it is told to end: the connection itself notices silence, and comes back.
    func stay() {
        stage = .lasting
        if !isFinished { deadline?.cancel() }
    }

    /// Looks once a second whether anything has come.
    private func listen() {
        let patience = max(timeout.amount, Self.silencePatience)
        let bytes = connection?.bytesIn ?? 0
        if bytes != heard.bytes { heard = (bytes, .now()) }
        if NIODeadline.now() - heard.at >= patience { return timeIsUp(after: patience) }
        deadline?.cancel()
        deadline = connection?.loop.assumeIsolated().scheduleTask(in: .seconds(1)) { [self] in listen() }
    }

    fileprivate func advance(_ reaction: ClientReaction) {
        switch reaction {
        case .choose: stage = max(stage, .joining)
        case .joined, .resumed: stage = max(stage, .answer)
        default: break
        }
    }

    fileprivate func expect(within amount: TimeAmount) {
        deadline?.cancel()
        deadline = connection?.loop.assumeIsolated().scheduleTask(in: amount) { [self] in timeIsUp(after: amount) }
    }

    private func timeIsUp(after amount: TimeAmount) {
        if !isFinished { failure = timeoutFailure(amount) }
        connection?.close()
        conclude()
    }

    private func timeoutFailure(_ amount: TimeAmount) -> CommandFailure {
        let seconds = "\(thousandthsText(UInt64(amount.nanoseconds / 1_000_000))) s"
        let cause =
            switch stage {
            case .connecting: "no connection to \(address) within \(seconds)"
            case .greeting: "the server at \(address) accepted the connection and did not answer within \(seconds)"
            case .joining: "the server at \(address) did not answer the request for the world within \(seconds)"
            case .answer: "no outcome within \(seconds): the command may still be applied"
            case .lasting: "nothing came from the server at \(address) for \(seconds)"
            }
        let remedy = "Is its process stopped or overloaded? See: orge status. To wait longer: --timeout SECONDS"
        return CommandFailure(cause, remedy: remedy, kind: .timeout)
    }
}
