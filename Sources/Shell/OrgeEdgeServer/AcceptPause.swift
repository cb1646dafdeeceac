import NIOCore
import OrgeSystem

/// Stops accepting for a moment when the system has nothing left to accept with. The connections that wait stay readable, so that NIO by
/// itself would ask again at once, in a busy loop.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private var isPaused = false

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isPaused, error is IOError else { return }
        isPaused = true
        printError("edge: no connection can be accepted for now: \(error)")
        let me = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.channel.setOption(.autoRead, value: false).whenComplete { _ in
            let (pause, context) = me.value
            context.eventLoop.scheduleTask(in: EdgeServerLimits.acceptPause) {
                me.value.0.isPaused = false
                me.value.1.channel.setOption(.autoRead, value: true).whenFailure { _ in }
            }
            _ = pause
        }
    }
}
