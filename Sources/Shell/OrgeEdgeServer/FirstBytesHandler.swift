import NIOCore
import NIOHTTP1
import NIOWebSocket
import OrgeEdge

/// Looks at a connection's first four bytes and makes it what they say: "GET " read as a length is over every limit, so a connection that
/// begins so is HTTP and cannot be anything else.
///
/// The connection counts as one that has not logged in, as HTTP too, so silence and half a request are ended by the edge's own time limit.
final class FirstBytesHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let shell: EdgeShell
    private let connection: ConnectionID
    private var held: ByteBuffer?

    init(shell: EdgeShell, connection: ConnectionID) {
        self.shell = shell
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if var held {
            held.writeBuffer(&bytes)
            bytes = held
        }
        guard let word = bytes.getInteger(at: bytes.readerIndex, as: UInt32.self) else {
            held = bytes
            return
        }
        do {
            if WebMethod.isHTTP(word) { try becomeWeb(context) } else { try becomeFrames(context) }
        } catch {
            return context.close(promise: nil)
        }
        context.fireChannelRead(wrapInboundOut(bytes))
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func becomeFrames(_ context: ChannelHandlerContext) throws {
        try context.pipeline.syncOperations.addHandler(FrameHandler(shell: shell, connection: connection))
    }

    private func becomeWeb(_ context: ChannelHandlerContext) throws {
        shell.becameWeb(connection)
        let connection = connection
        let shell = NIOLoopBound(shell, eventLoop: context.eventLoop)
        let origin = shell.value.origin
        let plain = WebRequestHandler(origin: origin)
        let plainHandler = NIOLoopBound(plain, eventLoop: context.eventLoop)
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: EdgeServerLimits.webSocketFrameBytes, automaticErrorHandling: false,
            shouldUpgrade: { channel, head in
                let isMeant = head.method == .GET && head.uri == "/session"
                let isOurs = isMeant && origin.accepts(host: head.headers["Host"]) && origin.accepts(origin: head.headers["Origin"])
                return channel.eventLoop.makeSucceededFuture(isOurs ? HTTPHeaders() : nil)
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    guard shell.value.becameSession(connection) else { return channel.close(promise: nil) }
                    try channel.pipeline.syncOperations.addHandler(WebSocketHandler(shell: shell.value, connection: connection))
                }
            })
        try context.pipeline.syncOperations.configureHTTPServerPipeline(
            withServerUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in context.pipeline.syncOperations.removeHandler(plainHandler.value, promise: nil) }
            ))
        try context.pipeline.syncOperations.addHandler(plain)
    }
}

enum WebMethod {
    /// Whether the first four bytes are a method of HTTP. All of them are over the limit of a frame's size.
    static func isHTTP(_ word: UInt32) -> Bool {
        switch word {
        case 0x4745_5420, 0x4845_4144, 0x504f_5354, 0x5055_5420, 0x4f50_5449: true  // "GET ", "HEAD", "POST", "PUT ", "OPTI"
        default: false
        }
    }
}
