package import OrgeBase
package import OrgeLink
package import OrgeSchema

/// One connection's hold on a session: a number that its edge process never uses twice.
package struct Attachment: Comparable, Sendable {
    package var edge: UInt64
    package var number: UInt64

    package init(edge: UInt64, number: UInt64) {
        self.edge = edge
        self.number = number
    }

    package static func < (a: Attachment, b: Attachment) -> Bool { (a.edge, a.number) < (b.edge, b.number) }
}

/// One thing that the host seals into a tick: what the journal holds, and what alone changes the session table and the world.
///
/// The order of the cases is the order inside a tick.
package enum HostInput: Equatable, Sendable {
    /// The source has been sent all outcomes through `sequence`: they need not be kept.
    case acknowledged(Source, sequence: UInt64)
    /// The edge holds everything released through `tick`: answers and events up to there need not be kept for it.
    case released(edge: UInt64, tick: UInt64)
    /// What does not run because it failed may run again: the world has other code than the one that failed, or an operator says so.
    case lift(FaultLift)
    /// The client said that it goes.
    case leave(Attachment)
    /// No connection resumed the session within the linger: a decision of the host's clock.
    case expire(session: UInt64)
    /// The client's connection is lost.
    case detach(Attachment)
    /// The edge's process has ended, or it did not come back in time: all its sessions are detached. A decision of the supervisor or the clock.
    case edgeGone(edge: UInt64)
    /// A client wants to be in the world as this account. `takesOver`: when the account is attached, then through another edge whose process has
    /// ended, as the supervisor says, so that the first newcomer may have it.
    /// `fork`: where the timeline left what the client saw of the session that it asks for; decided by what the host remembers of starts.
    ///
    /// Indirect: a tick's inputs are mostly commands, and each would take the room of a join.
    indirect case join(Attachment, Identity, JoinTickets = .none, takesOver: Bool, fork: Fork? = nil)
    /// `number` is the client's own count of its intents.
    case intent(session: UInt64, number: UInt32, kind: UInt16, payload: [UInt8])
    case command(Source, sequence: UInt64, kind: UInt16, payload: [UInt8])
    /// A session's command with an idempotency key; sealed among the session's commands.
    case keyed(session: UInt64, sequence: UInt64, IdempotencyKey, kind: UInt16, payload: [UInt8])
    /// A command that could not be read; sealed among the source's commands, and refused.
    case malformed(Source, sequence: UInt64)
}
