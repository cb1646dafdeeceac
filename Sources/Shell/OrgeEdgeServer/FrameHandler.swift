import NIOCore
import NIOWebSocket
import OrgeEdge
import OrgeSession
import OrgeWire

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
        guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            return shell.refuse(connection, .malformed, "a frame without a mask, or with a reserved bit", .protocolError)
        }
        switch frame.opcode {
        case .binary where message == nil: append(frame, context)
        case .continuation where message != nil: append(frame, context)
        case .ping: pong(frame, context)
        case .pong: countControl()
        case .connectionClose:
            // Either the answer to ours, or to be answered.
            if shell.isEnding(connection) { context.close(promise: nil) } else { close(context, .normalClosure) }
        case .text: shell.refuse(connection, .malformed, "a text message; frames are binary messages", .unacceptableData)
        default: shell.refuse(connection, .malformed, "a message inside of another, or the rest of none", .protocolError)
        }
    }

    private func append(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        let piece = frame.plainData
        guard frame.fin || piece.readableBytes > 0 else { return shell.refuse(connection, .malformed, "an empty piece of a message", .protocolError) }
        // Moved out while it grows: a message in a thousand pieces must not be copied a thousand times.
        var pieces = message ?? []
        message = nil
        pieces.append(contentsOf: piece.readableBytesView)
        guard pieces.count <= EdgeServerLimits.webSocketFrameBytes else { return tooLarge() }
        guard frame.fin else {
            message = pieces
            return
        }
        shell.receivedMessage(connection, pieces)
    }

    private func tooLarge() {
        shell.refuse(connection, .frameTooLarge, "a message of more than \(EdgeServerLimits.webSocketFrameBytes) bytes", .messageTooLarge)
    }

    /// - Returns: false when it was one too many.
    @discardableResult
    private func countControl() -> Bool {
        if pings.consume(SessionLimits.ping, now: NIODeadline.now().uptimeNanoseconds) { return true }
        shell.flooded(connection)
        return false
    }

    /// None for a client that does not read: pongs count against no limit of the machine.
    private func pong(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        guard countControl(), context.channel.isWritable else { return }
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .pong, data: frame.plainData)), promise: nil)
    }

    private func close(_ context: ChannelHandlerContext, _ code: WebSocketErrorCode) {
        isOver = true
        var data = context.channel.allocator.buffer(capacity: 2)
        data.write(webSocketErrorCode: code)
        let channel = context.channel
        let closeFrame = WebSocketFrame(fin: true, opcode: .connectionClose, data: data)
        context.writeAndFlush(wrapOutboundOut(closeFrame)).whenComplete { _ in channel.close(promise: nil) }
        context.eventLoop.scheduleTask(in: EdgeServerLimits.closeTime) { channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOWebSocketError.invalidFrameLength: tooLarge()
        case is NIOWebSocketError: shell.refuse(connection, .malformed, "not a frame of the WebSocket protocol", .protocolError)
        // What comes after such a fault is ignored: the connection is closing.
        case is ByteToMessageDecoderError: break
        default: context.close(promise: nil)
        }
    }
}

extension WebSocketFrame {
    /// The data as it was before the client masked it.
    fileprivate var plainData: ByteBuffer {
        var data = data
        if let maskKey { data.webSocketUnmask(maskKey) }
        return data
    }
}
