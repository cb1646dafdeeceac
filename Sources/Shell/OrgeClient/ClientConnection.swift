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

/// One TCP connection and the client's side of its conversation. Confined to one event loop.
package final class ClientConnection {
    package private(set) var session: ClientSession
    package let loop: any EventLoop
    private weak var owner: (any ClientOwner)?
    private var channel: (any Channel)?
    private var buffer = FrameStream.server
    private var pinging: Scheduled<Void>?
    private var unflushed = false
    package private(set) var bytesIn: UInt64 = 0
    package private(set) var bytesOut: UInt64 = 0

    package init(_ configuration: ClientSession.Configuration, known: ClientSession.KnownSchema? = nil, on loop: any EventLoop, owner: any ClientOwner) {
        session = ClientSession(configuration, known: known)
        self.loop = loop
        self.owner = owner
    }

    /// Connects and opens the conversation.
    package func open(host: String, port: Int) -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: loop)
        return ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(.seconds(5))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(ClientHandler(bound.value)) }
            }
            .connect(host: host, port: port)
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

    package func close() { channel?.close(promise: nil) }

    /// The time of the conversation, in nanoseconds.
    package var now: UInt64 { NIODeadline.now().uptimeNanoseconds }
}

/// What the owner wants.
extension ClientConnection {
    package func join(_ world: String, as role: JoinRole) -> Bool { send(session.join(world, as: role)) }
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
        for frame in session.start(now: now) { _ = send(frame) }
        ping()
    }

    fileprivate func received(_ view: ByteBufferView) {
        bytesIn += UInt64(view.count)
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
        case .closed, .fault:
            owner?.react(reaction, self)
            close()
        case .notice(.hostBack):
            for intent in session.standingIntents() { _ = send(intent) }
            owner?.react(reaction, self)
        default: owner?.react(reaction, self)
        }
    }

    fileprivate func inactive() {
        pinging?.cancel()
        channel = nil
        session.connectionLost()
        owner?.ended(self)
    }

    private func ping() {
        let bound = NIOLoopBound(self, eventLoop: loop)
        pinging = loop.scheduleTask(deadline: .uptimeNanoseconds(session.deadline)) {
            let me = bound.value
            guard me.channel != nil else { return }
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
