import NIOCore
import NIOWebSocket
import OrgeEdge
import OrgeSession

/// A raw-tcp connection: bytes as they come; the edge's machine cuts them into frames.
final class FrameHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let shell: EdgeShell
    private let connection: ConnectionID

    init(shell: EdgeShell, connection: ConnectionID) {
        self.shell = shell
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        shell.received(connection, Array(bytes.readableBytesView))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// A WebSocket connection: one binary message is one frame, without the size in front.
final class WebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let shell: EdgeShell
    private let connection: ConnectionID
    /// The pieces of a message that came so far; nil between messages.
    private var message: [UInt8]?
    private var pings = RateMeter()
    /// The peer has said goodbye.
    private var isOver = false

    init(shell: EdgeShell, connection: ConnectionID) {
        self.shell = shell
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        if isOver { return }
        guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else { return shell.malformed(connection) }
        switch frame.opcode {
        case .binary where message == nil: take(frame, context)
        case .continuation where message != nil: take(frame, context)
        case .ping: pong(frame, context)
        case .pong: countControl()
        case .connectionClose: close(context, .normalClosure)
        default: shell.malformed(connection)
        }
    }

    private func take(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        let piece = frame.plainData
        // Empty pieces could come for ever.
        guard frame.fin || piece.readableBytes > 0 else { return shell.malformed(connection) }
        message = (message ?? [])
        message?.append(contentsOf: piece.readableBytesView)
        guard message?.count ?? 0 <= EdgeServerLimits.webSocketFrameBytes else { return shell.malformed(connection) }
        guard frame.fin, let whole = message else { return }
        message = nil
        shell.receivedMessage(connection, whole)
    }

    /// - Returns: false when it was one too many.
    @discardableResult
    private func countControl() -> Bool {
        if pings.take(SessionLimit.ping, now: NIODeadline.now().uptimeNanoseconds) { return true }
        shell.flooded(connection)
        return false
    }

    /// Who does not read gets none: they count for no limit of the machine's.
    private func pong(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        guard countControl(), context.channel.isWritable else { return }
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .pong, data: frame.plainData)), promise: nil)
    }

    private func close(_ context: ChannelHandlerContext, _ code: WebSocketErrorCode) {
        isOver = true
        var data = context.channel.allocator.buffer(capacity: 2)
        data.write(webSocketErrorCode: code)
        let channel = context.channel
        let farewell = WebSocketFrame(fin: true, opcode: .connectionClose, data: data)
        context.writeAndFlush(wrapOutboundOut(farewell)).whenComplete { _ in channel.close(promise: nil) }
        context.eventLoop.scheduleTask(in: EdgeServerLimits.closeTime) { channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

extension WebSocketFrame {
    /// The data as it was before the client masked it.
    fileprivate var plainData: ByteBuffer {
        var data = data
        if let maskKey { data.webSocketUnmask(maskKey) }
        return data
    }
}
