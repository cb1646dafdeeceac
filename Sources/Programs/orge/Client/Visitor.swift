import NIOCore
import NIOPosix
import OrgeClient
import OrgeSession
import OrgeWire

/// A command's one visit to a server: it connects, picks a world, and does what its kind of visit is for.
class Visitor: ClientOwner {
    let options: ConnectOptions
    let account: String
    private(set) var connection: ClientConnection?
    private var promise: EventLoopPromise<Int32>?
    private var failure: (any Error)?
    private var exitCode: Int32?
    /// Joins left to try while the world starts, about a second apart: who has just restarted it should not have to type again.
    private var joinsLeft = 10
    private var worlds: [WorldEntry] = []
    /// Told to end: the answer to `leave` is awaited.
    var isFinished: Bool { exitCode != nil || failure != nil }

    init(_ options: ConnectOptions, as account: String) {
        self.options = options
        self.account = account
    }

    /// The list of worlds has come.
    func choose(_ world: WorldEntry, _ connection: ClientConnection) {}
    /// Anything else that is not an end.
    func take(_ reaction: ClientReaction, _ connection: ClientConnection) {}

    /// Visits, and returns the exit code.
    func run(kind: ClientKind) throws -> Int32 {
        let (host, port) = try options.address()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let promise = loop.makePromise(of: Int32.self)
        let bound = NIOLoopBound.makeBoundBoxed(self, host: host, port: port, kind: kind, loop: loop, promise: promise)
        loop.execute { bound() }
        defer { try? group.syncShutdownGracefully() }
        return try promise.futureResult.wait()
    }

    fileprivate func start(host: String, port: Int, kind: ClientKind, loop: any EventLoop, promise: EventLoopPromise<Int32>) {
        self.promise = promise
        let connection = ClientConnection(.init(kind: kind, software: ConnectOptions.software, name: account), on: loop, owner: self)
        self.connection = connection
        connection.open(host: host, port: port).whenFailure { error in
            promise.fail(
                CommandFailure(
                    "no server answers at \(host):\(port): \(ClientConnection.reason(of: error))",
                    remedy: "Is it running? Start one: orge serve --world PATH --data DIR"))
        }
    }

    /// Leaves in order and ends with this code.
    func finish(_ code: Int32) {
        exitCode = code
        connection?.leave()
    }

    func fail(_ error: any Error) {
        if failure == nil { failure = error }
        connection?.leave()
    }

    func react(_ reaction: ClientReaction, _ connection: ClientConnection) {
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
        case .fault(let fault): failure = failure ?? CommandFailure("the server broke the protocol: \(fault)")
        default: take(reaction, connection)
        }
    }

    private func chooseOne(_ connection: ClientConnection) {
        do throws(CommandFailure) { choose(try options.choose(from: worlds), connection) } catch { fail(error) }
    }

    func ended(_ connection: ClientConnection) {
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

    private static func remedy(retryAfter milliseconds: UInt32) -> String? {
        milliseconds == 0 || milliseconds == Close.never ? nil : "Try again in \(milliseconds) ms."
    }
}

extension NIOLoopBound where Value == Visitor {
    /// Hands a visitor over to the loop on which it lives from now on.
    fileprivate static func makeBoundBoxed(
        _ visitor: Visitor, host: String, port: Int, kind: ClientKind, loop: any EventLoop, promise: EventLoopPromise<Int32>
    ) -> @Sendable () -> Void {
        // SAFETY: made on the main thread, which only waits for the promise from here on; the loop is its one user.
        nonisolated(unsafe) let visitor = visitor
        return { unsafe visitor.start(host: host, port: port, kind: kind, loop: loop, promise: promise) }
    }
}
