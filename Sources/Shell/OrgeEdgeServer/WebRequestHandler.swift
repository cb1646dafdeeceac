import NIOCore
import NIOHTTP1
import NIOWebSocket
import OrgeWebPage

/// Answers plain requests: a file of the page, or an error. The connection is closed after one answer.
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
        guard let file = WebPage.file(at: String(path)) else {
            return send(.notFound, "there is no \(path.count < 64 ? String(path) : "such page")\n", context)
        }
        let isKnown = request.headers[canonicalForm: "If-None-Match"].contains { $0 == WebPage.entityTag }
        send(isKnown ? .notModified : .ok, file.contentType, file.bytes, tag: WebPage.entityTag, hasBody: request.method != .HEAD && !isKnown, context)
    }

    /// The request came here because it did not become a WebSocket.
    private func refuseUpgrade(_ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard origin.accepts(origin: request.headers["Origin"]) else { return send(.forbidden, "a session is for this server's own page only\n", context) }
        send(.upgradeRequired, "a session is a WebSocket, version 13, with a key\n", context)
    }

    private func send(_ status: HTTPResponseStatus, _ text: String, _ context: ChannelHandlerContext) {
        send(status, "text/plain; charset=utf-8", Array(text.utf8), tag: nil, hasBody: true, context)
    }

    /// The page has no inline script or style, so both may come from this server alone. `no-cache` lets a browser keep a file, but not use it
    /// without asking.
    private func send(
        _ status: HTTPResponseStatus, _ type: String, _ bytes: [UInt8], tag: String?, hasBody: Bool, _ context: ChannelHandlerContext
    ) {
        let sources = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
        var headers: HTTPHeaders = [
            "Content-Type": type, "Connection": "close", "Cache-Control": "no-cache",
            "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
            "Content-Security-Policy": "\(sources); base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ]
        if let tag { headers.add(name: "ETag", value: tag) }
        if status != .notModified { headers.add(name: "Content-Length", value: "\(bytes.count)") }
        if status == .upgradeRequired { headers.add(contentsOf: ["Upgrade": "websocket", "Sec-WebSocket-Version": "13"]) }
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
        if hasBody { context.write(wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: bytes)))), promise: nil) }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // An upgrade that was refused: its request follows, and is answered as any other.
        if error is NIOWebSocketUpgradeError { return }
        context.close(promise: nil)
    }
}
