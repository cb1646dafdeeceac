import NIOCore
import NIOHTTP1
import NIOWebSocket
import OrgeWebPage

/// Answers plain requests: the page, its module, or an error. The connection is closed after one request: none of the pages needs a second one.
final class WebRequestHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let origin: Origin
    private var isAnswered = false

    init(origin: Origin) { self.origin = origin }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // No request that is answered here has a body: what follows its head is not waited for.
        guard case .head(let request) = unwrapInboundIn(data), !isAnswered else { return }
        isAnswered = true
        answer(request, context)
    }

    private func answer(_ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard origin.accepts(host: request.headers["Host"]) else {
            return send(.forbidden, "this server answers to its own address only\n", context)
        }
        guard request.method == .GET || request.method == .HEAD else { return send(.methodNotAllowed, "only GET and HEAD are known here\n", context) }
        guard request.uri != "/session" else { return refuseUpgrade(request, context) }
        let path = request.uri.prefix { $0 != "?" }
        let nonce = WebPage.Nonce.random()
        guard let file = WebPage.file(at: String(path), nonce: nonce) else {
            return send(.notFound, "there is no \(path.count < 64 ? String(path) : "such page")\n", context)
        }
        send(.ok, file.contentType, file.bytes, nonce, isHead: request.method == .HEAD, context)
    }

    /// The request came here because it did not become a WebSocket.
    private func refuseUpgrade(_ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard origin.accepts(origin: request.headers["Origin"]) else { return send(.forbidden, "a session is for this server's own page only\n", context) }
        send(.upgradeRequired, "a session is a WebSocket, version 13, with a key\n", context)
    }

    private func send(_ status: HTTPResponseStatus, _ text: String, _ context: ChannelHandlerContext) {
        send(status, "text/plain; charset=utf-8", Array(text.utf8), .random(), isHead: false, context)
    }

    private func send(
        _ status: HTTPResponseStatus, _ type: String, _ bytes: [UInt8], _ nonce: WebPage.Nonce, isHead: Bool, _ context: ChannelHandlerContext
    ) {
        let scripts = "script-src 'self' 'nonce-\(nonce.text)'"
        var headers: HTTPHeaders = [
            "Content-Type": type, "Content-Length": "\(bytes.count)", "Connection": "close", "Cache-Control": "no-cache",
            "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
            "Content-Security-Policy": "default-src 'none'; \(scripts); style-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'",
        ]
        if status == .upgradeRequired { headers.add(contentsOf: ["Upgrade": "websocket", "Sec-WebSocket-Version": "13"]) }
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
        if !isHead { context.write(wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: bytes)))), promise: nil) }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // An upgrade that was refused: its request follows, and is answered as any other.
        if error is NIOWebSocketUpgradeError { return }
        context.close(promise: nil)
    }
}
