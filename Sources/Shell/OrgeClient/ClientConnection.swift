import Glibc
package import NIOCore
import NIOPosix
package import OrgeSchema
package import OrgeSession
package import OrgeWire

/// What the owner of a connection is told, on its event loop.
package protocol ClientOwner: AnyObject {
    /// Everything but frames to send, which are sent already.
    func react(_ reaction: ClientReaction, _ connection: ClientConnection)
    /// The connection has ended, after whatever `react` said about it. Called once.
    func ended(_ connection: ClientConnection)
}

/// The client's side of a conversation over TCP. With a ``ReturnPolicy`` it outlives its connections: a lost one is made again, and the session goes on.
/// Confined to one event loop.
package final class ClientConnection {
    package internal(set) var session: ClientSession
    package let loop: any EventLoop
    let configuration: ClientSession.Configuration
    weak var owner: (any ClientOwner)?
    /// nil for a client that ends with its connection.
    let policy: ReturnPolicy?
    private var address = (host: "", port: 0)
    /// What was joined last.
    var wanted: (world: String, role: JoinRole)?
    /// Until the user leaves, and the server ends it for good.
    var mayReturn = true
    /// While there is no session.
    var returning: Returning?
    /// Milliseconds that the server's close asked for.
    var leastPause: UInt32 = 0
    /// Why the server closed the connection: told where the client does not come back.
    private var untoldClose: Close?
    /// Commands that were sent again, in all.
    package internal(set) var resentCount = 0
    private var heardAt = NIODeadline.now()
    private var channel: (any Channel)?
    private var buffer = FrameStream.server
    private var pinging: Scheduled<Void>?
    private var unflushed = false
    package private(set) var bytesIn: UInt64 = 0
    package private(set) var bytesOut: UInt64 = 0

    package init(
        _ configuration: ClientSession.Configuration, known: ClientSession.KnownSchema? = nil, returns policy: ReturnPolicy? = nil,
        on loop: any EventLoop, owner: any ClientOwner
    ) {
        self.configuration = configuration
        self.policy = policy
        session = ClientSession(configuration, known: known)
        self.loop = loop
        self.owner = owner
    }

    /// Connects and opens the conversation.
    package func open(host: String, port: Int) -> EventLoopFuture<Void> {
        address = (host, port)
        return connect()
    }

    func connect() -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: loop)
        return ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(.seconds(5))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(ClientHandler(bound.value)) }
            }
            .connect(host: address.host, port: address.port)
            .map { _ in }
    }

    /// Why no server could be reached, in a few words: the error's own text is about its types.
    package static func reason(of error: any Error) -> String {
        guard let failure = error as? NIOConnectionError else { return "\(error)" }
        if let refused = failure.connectionErrors.first(where: { ($0.error as? IOError)?.errnoCode == ECONNREFUSED }) {
            return "no server listens at \(refused.target.ipAddress ?? failure.host) port \(failure.port)"
        }
        if failure.connectionErrors.isEmpty { return "there is no address for the name \(failure.host)" }
        return failure.connectionErrors.map { "\($0.error)" }.joined(separator: "; ")
    }

    /// Ends the conversation without a word: the session lingers, and nothing goes on with it.
    package func close() {
        stopReturning()
        if let channel { channel.close(promise: nil) } else { endConnection() }
    }

    /// Loses the connection, as a cable does.
    package func cut() { channel?.close(promise: nil) }

    /// The time of the conversation, in nanoseconds.
    package var now: UInt64 { NIODeadline.now().uptimeNanoseconds }
}

/// What the owner wants.
extension ClientConnection {
    package func join(_ world: String, as role: JoinRole) -> Bool {
        wanted = (world, role)
        return send(session.join(world, as: role))
    }

    package func describe(_ world: String) -> Bool { send(session.describe(world)) }

    /// - Returns: the command's sequence, or nil without credit or when not joined.
    package func command(_ kind: UInt16, _ payload: [UInt8], key: IdempotencyKey? = nil) -> UInt64? {
        let sequence = session.nextSequence
        return send(session.command(kind, payload, key: key, now: now)) ? sequence : nil
    }

    package func intent(_ kind: UInt16, _ payload: [UInt8]) -> Bool { send(session.intent(kind, payload)) }
    package func audit(_ request: UInt32) -> Bool { send(session.audit(request)) }
    package func kill(token: [UInt8]) -> Bool { send(session.kill(token: token)) }

    /// Leaves in order; where there is nothing to leave the connection is closed.
    package func leave() {
        stopReturning()
        if !send(session.leave()) { close() }
    }

    private func send(_ frame: ClientFrame?) -> Bool {
        guard let frame, let channel else { return false }
        let bytes = channel.allocator.buffer(bytes: frame.encoded)
        bytesOut += UInt64(bytes.readableBytes)
        channel.write(bytes, promise: nil)
        flushSoon()
        return true
    }

    /// One system call for everything that one turn of the loop sends.
    private func flushSoon() {
        guard !unflushed else { return }
        unflushed = true
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.execute {
            bound.value.unflushed = false
            bound.value.channel?.flush()
        }
    }
}

/// What the channel says.
extension ClientConnection {
    fileprivate func active(_ channel: any Channel) {
        self.channel = channel
        heardAt = .now()
        for frame in session.start(now: now) { _ = send(frame) }
        ping()
    }

    fileprivate func received(_ view: ByteBufferView) {
        bytesIn += UInt64(view.count)
        heardAt = .now()
        buffer.append(view)
        while true {
            let reaction: ClientReaction
            switch buffer.next() {
            case .incomplete: return
            case .frame(let range):
                var reader = buffer.reader(range)
                reaction = session.receive(&reader, now: now)
            case .badSize(let size): reaction = session.receiveBadSize(size)
            }
            obey(reaction)
            if session.phase == .closed { return }
        }
    }

    private func obey(_ reaction: ClientReaction) {
        switch reaction {
        case .nothing: return
        case .send(let frame): _ = send(frame)
        case .choose where isReturning: rejoin()
        case .joined: entered(reaction)
        case .resumed:
            entered(reaction)
        case .joinRefused(let refusal) where isReturning:
            tellSettled()
            if !rejoinLater(refusal) {
                stopReturning()
                owner?.react(reaction, self)
            }
        case .joinRefused:
            tellSettled()
            owner?.react(reaction, self)
        case .creditRaised:
            resend()
            _ = send(session.receipt())
            owner?.react(reaction, self)
        case .closed(let close): closed(close)
        case .fault:
            mayReturn = false
            owner?.react(reaction, self)
            cut()
        case .notice(.hostBack):
            for intent in session.standingIntents() { _ = send(intent) }
            owner?.react(reaction, self)
        default: owner?.react(reaction, self)
        }
    }

    /// The session goes on, or another one has begun.
    private func entered(_ reaction: ClientReaction) {
        returning = nil
        tellSettled()
        resend()
        if case .resumed = reaction { for intent in session.standingIntents() { _ = send(intent) } }
        owner?.react(reaction, self)
    }

    private func tellSettled() {
        let settled = session.takeSettled()
        if !settled.isEmpty { owner?.react(.settled(settled), self) }
    }

    private func resend() {
        for command in session.resends(now: now) where send(command) { resentCount += 1 }
    }

    /// The server ends it. A client that is told to try again comes back; not one that the server turns away by name, nor where the server stops.
    private func closed(_ close: Close) {
        let isFinal = close.retryAfterMilliseconds == Close.never || close.reason == .left || close.reason == .serverStopping
        if isFinal || policy == nil { mayReturn = false } else { leastPause = close.retryAfterMilliseconds }
        if mayReturn { untoldClose = close } else { owner?.react(.closed(close), self) }
        cut()
    }

    fileprivate func inactive() {
        guard channel != nil else { return }
        endConnection()
    }

    /// There is no connection any more, or none was made.
    func endConnection() {
        pinging?.cancel()
        channel = nil
        buffer = FrameStream.server
        let close = untoldClose.take()
        if comeBack() { return }
        returning = nil
        if let close { owner?.react(.closed(close), self) }
        owner?.ended(self)
    }

    private func ping() {
        let bound = NIOLoopBound(self, eventLoop: loop)
        pinging = loop.scheduleTask(deadline: .uptimeNanoseconds(session.deadline)) {
            let me = bound.value
            guard me.channel != nil else { return }
            if me.policy != nil, NIODeadline.now() - me.heardAt > ReturnPolicy.silence { return me.cut() }
            me.obey(me.session.timePassed(now: me.now))
            me.ping()
        }
    }
}

private final class ClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: ClientConnection

    init(_ connection: ClientConnection) { self.connection = connection }

    func channelActive(context: ChannelHandlerContext) { connection.active(context.channel) }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) { connection.received(unwrapInboundIn(data).readableBytesView) }
    func channelInactive(context: ChannelHandlerContext) { connection.inactive() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
