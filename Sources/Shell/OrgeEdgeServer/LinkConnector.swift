import NIOCore
import NIOPosix
import OrgeSystem

/// Receives a link's events, on its event loop.
protocol LinkOwner: AnyObject {
    /// Connected: nothing has been said yet.
    func linkUp(_ index: Int)
    func linkReceived(_ index: Int, _ bytes: [UInt8])
    /// Lost, and not by ``LinkConnector/drop(_:)``; the connector is reconnecting.
    func linkDown(_ index: Int)
}

/// Keeps one world's link: connects to the socket in its data folder, again and again while the host is away.
final class LinkConnector {
    /// Of the world, as the machine counts them.
    let index: Int
    private let folder: String
    private let loop: any EventLoop
    private unowned let owner: any LinkOwner
    private var channel: (any Channel)?
    /// The next try to connect: there is one at most.
    private var attempt: Scheduled<Void>?

    init(index: Int, folder: String, loop: any EventLoop, owner: any LinkOwner) {
        self.index = index
        self.folder = folder
        self.loop = loop
        self.owner = owner
    }

    func start() { connect() }

    /// The host broke the link's rules; the machine knows, and waits for a new link.
    func drop(_ why: String) {
        printError("edge: reconnecting the link to \(folder): \(why)")
        let old = channel
        channel = nil
        old?.close(promise: nil)
        retry(in: EdgeServerLimits.linkFaultPause)
    }

    /// Without a link nothing is sent: the machine is told that it is down, or was.
    func send(_ bytes: [UInt8]) {
        guard let channel else { return }
        channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil)
    }

    private func connect() {
        let descriptor: Int32
        do throws(SystemError) {
            // The folder is opened each time: it may not have existed before.
            descriptor = try Folder(folder).connect(to: "link.sock").release()
        } catch {
            return retry()
        }
        let bound = NIOLoopBound(self, eventLoop: loop)
        ClientBootstrap(group: loop)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: EdgeServerLimits.linkReadBytes))
            .channelOption(.writeBufferWaterMark, value: .init(low: 1, high: EdgeServerLimits.linkQueueBytes))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LinkHandler(connector: bound.value))
                }
            }
            .withConnectedSocket(descriptor)
            .whenFailure { _ in bound.value.retry() }
    }

    /// In place of a try that was planned before: a host that refuses an edge hangs up at once, and both ask for the next one.
    private func retry(in pause: TimeAmount = EdgeServerLimits.linkRetry) {
        attempt?.cancel()
        let bound = NIOLoopBound(self, eventLoop: loop)
        attempt = loop.scheduleTask(in: pause) { bound.value.connect() }
    }

    fileprivate func up(_ channel: any Channel) {
        guard self.channel == nil else { return channel.close(promise: nil) }
        self.channel = channel
        owner.linkUp(index)
    }

    fileprivate func received(_ bytes: [UInt8], from channel: any Channel) {
        if channel === self.channel { owner.linkReceived(index, bytes) }
    }

    fileprivate func down(_ channel: any Channel) {
        guard channel === self.channel else { return }
        self.channel = nil
        owner.linkDown(index)
        retry()
    }
}

private final class LinkHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connector: LinkConnector

    init(connector: LinkConnector) { self.connector = connector }

    func channelActive(context: ChannelHandlerContext) { connector.up(context.channel) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connector.received(Array(unwrapInboundIn(data).readableBytesView), from: context.channel)
    }

    func channelInactive(context: ChannelHandlerContext) { connector.down(context.channel) }

    /// A host that does not read is as good as gone: it gets everything again over a new link.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if !context.channel.isWritable { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
