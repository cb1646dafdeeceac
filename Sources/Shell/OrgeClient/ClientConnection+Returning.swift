import NIOCore
import OrgeSession
import OrgeWire

/// Coming back: another TCP connection, and the session that the last one had.
extension ClientConnection {
    /// No server has the client now, and it tries to come back.
    package var isReturning: Bool { returning != nil }

    /// The connection has ended.
    /// - Returns: false when the client does not come back.
    func comeBack() -> Bool {
        let (known, seen, wasInWorld) = (session.known, session.seen, session.joined != nil)
        let suspension = session.suspend()
        guard let policy, let wanted, mayReturn, returning != nil || suspension != nil || (wanted.role == .monitor && wasInWorld) else { return false }
        if returning == nil { returning = Returning(since: .now()) }
        guard let returning, NIODeadline.now() - returning.since < policy.patience else { return false }
        session = suspension.map { ClientSession(configuration, resuming: $0) } ?? ClientSession(configuration, known: known, seen: seen)
        tryLater()
        return true
    }

    private func tryLater() {
        guard var returning else { return }
        var random = SystemRandomNumberGenerator()
        let pause = ReturnPolicy.pause(before: returning.attempts, least: leastPause, &random)
        leastPause = 0
        returning.attempts += 1
        let me = NIOLoopBound(self, eventLoop: loop)
        returning.next = loop.scheduleTask(in: pause) { me.value.tryAgain() }
        self.returning = returning
        owner?.react(.disconnected(pauseMilliseconds: UInt32(clamping: pause.nanoseconds / 1_000_000)), self)
    }

    private func tryAgain() {
        guard returning != nil else { return }
        let me = NIOLoopBound(self, eventLoop: loop)
        connect().whenFailure { _ in if me.value.isReturning { me.value.endConnection() } }
    }

    /// Logged in again, or the list of worlds has changed.
    func rejoin() {
        if let wanted, session.phase == .choosing { _ = join(wanted.world, as: wanted.role) }
    }

    /// - Returns: false when another try makes no sense.
    func rejoinLater(_ refusal: ServerFrame.JoinRefusal) -> Bool {
        guard refusal.retryAfterMilliseconds != Close.never else { return false }
        let me = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: .milliseconds(Int64(max(refusal.retryAfterMilliseconds, 250)))) { if me.value.isReturning { me.value.rejoin() } }
        return true
    }

    /// The user does not want to come back.
    func stopReturning() {
        returning?.next?.cancel()
        returning = nil
        mayReturn = false
    }
}
