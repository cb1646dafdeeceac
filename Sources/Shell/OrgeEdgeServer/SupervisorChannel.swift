import NIOCore
import NIOPosix
import OrgeControl

/// Receives the supervisor's messages, on its event loop.
protocol SupervisorListener: AnyObject {
    func supervisorSent(_ message: SupervisorMessage)
    /// Nothing more can come, and there is nothing more to serve for.
    func fail(_ why: String)
}

/// The edge's end of the control channel.
final class SupervisorChannel {
    private unowned let listener: any SupervisorListener
    private var stream = ControlStream<SupervisorMessage>()
    private var channel: (any Channel)?

    init(listener: any SupervisorListener) { self.listener = listener }

    /// Adopts an inherited descriptor.
    func open(descriptor: Int32, on loop: any EventLoop) -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: loop)
        return ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(SupervisorHandler(channel: bound.value)) }
            }
            .withConnectedSocket(descriptor)
            .map { bound.value.channel = $0 }
    }

    func send(_ message: ChildMessage) {
        guard let channel else { return }
        write(message, to: channel)
    }

    /// Sends a report, unless earlier ones wait for a supervisor that does not read: the next one says the same.
    func report(_ message: ChildMessage) {
        guard let channel, channel.isWritable else { return }
        write(message, to: channel)
    }

    private func write(_ message: ChildMessage, to channel: any Channel) {
        channel.writeAndFlush(channel.allocator.buffer(bytes: message.frame()), promise: nil)
    }

    fileprivate func received(_ bytes: ByteBufferView) {
        stream.append(bytes)
        do {
            while let message = try stream.next() { listener.supervisorSent(message) }
        } catch {
            listener.fail("the supervisor sent an undecodable message: \(error)")
        }
    }

    /// The lifeline ends this process anyway; without a supervisor it would serve no one's data folder.
    fileprivate func ended() { listener.fail("the supervisor is gone") }
}

private final class SupervisorHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let supervisor: SupervisorChannel

    init(channel: SupervisorChannel) { supervisor = channel }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { supervisor.received(unwrapInboundIn(data).readableBytesView) }

    func channelInactive(context: ChannelHandlerContext) { supervisor.ended() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
