internal import OrgeSession

/// Bounds of one edge, with the reasons. Times are nanoseconds. The bounds of one session are in `SessionLimits`.
package enum EdgeLimits {
    static let millisecond: UInt64 = 1_000_000
    static let second: UInt64 = 1_000_000_000

    /// Connections that have not logged in, requests of web pages included, unless ``EdgeConfiguration/unauthenticatedLimit`` says otherwise. Each may
    /// stay 5 s; when the next one comes, the oldest is answered `full` and closed.
    package static let unauthenticatedConnections = 256
    /// What an operator may make of it: some for logins at the same moment, and as many as the ports of one address that attacks.
    package static let unauthenticatedConnectionsRange: ClosedRange<Int> = 16...65_536
    /// Monitors of one world. Each is sent all that changes in it, and may ask for an audit of all of it: any client may be one, so they must not
    /// use up the time that players need. 64 cost a tenth of a core where 2,500 entities graze.
    package static let monitors = 64
    /// Connections in all: slots are numbered in 24 bits of an attachment.
    package static let connections = 1 << 24
    /// Bytes of outcomes, events, credits, pongs and notices of earlier turns that one client has not read. A full window of 256 outcomes
    /// is 30 KB at 100 bytes each, 140 KB at most when all are refusals; a client that leaves more than this unread does not read. Then: `slowReader`.
    /// What one turn brings may be more: clients near a crowd that speaks at the same time must not lose their connections.
    package static let unreadBytes = 256 * 1024
    /// Bytes of the same kind, this turn's included, beyond which events that are not reliable are dropped for one client: an eighth of
    /// `unreadBytes`, so that they never close it.
    package static let droppableBytes = 32 * 1024
    /// Updates, schemas, lists of worlds and audit answers that one client has not read. The edge itself sends one update at a time, so
    /// these were asked for. Then: `slowReader`.
    package static let unreadBulks = 16
    /// How long an update may be on its way. A client that needs this long for one view never catches up. Then: `slowReader`.
    package static let updateWait = 10 * second
    /// Bytes of one kept view: 32,000 entities, several times what any client has in view that is no monitor. A larger one is not kept.
    package static let keptViewBytes = 256 * 1024
    /// Bytes of the views of lost connections that an edge keeps: those of thousands of clients that a network loses at once. Beyond, the one lost first is
    /// dropped; its client gets a reset.
    package static let keptViewsBytes = 64 * 1024 * 1024
    /// How long the view of a lost connection is kept: a session lingers for 5 s unless its world says more, and what is kept longer costs memory after each
    /// burst of clients. One that comes back later gets a reset.
    package static let keptViewTime = 10 * second
    /// How long a monitor that comes back waits for this edge to reach the tick that it has seen. Edges of one server are milliseconds apart; one that needs
    /// longer has lost its link, and the world's timeline may have changed.
    package static let seenTickWait = 2 * second
    /// How long an edge of a large world is sent all of it after its last monitor has gone. To go back and forth costs the host an image of the world each
    /// time, and a client may join and leave as a monitor as often as it likes.
    package static let monitoredKept = 30 * second
    /// How often deadlines are looked at: limits of 5 to 60 s need no more.
    package static let timerInterval = 250 * millisecond
    /// Bytes of releases and images that came in parts and are not whole yet; two images of the largest world that one edge can hold.
    static let partBytes = 1 << 30
    /// When to try a world again that is starting or restarting, in milliseconds.
    static let worldRetryMilliseconds: UInt32 = 1_000
    /// When to try a name again that plays through another connection, in milliseconds: that connection may be lost and not yet closed.
    static let accountRetryMilliseconds: UInt32 = 1_000
    /// When to try again after `full`, in milliseconds.
    static let fullRetryMilliseconds: UInt32 = 2_000
    /// How long logins wait for the supervisor's answer when no slot is free; it takes a millisecond, and half a second when another edge hangs.
    package static let slotWait = 2 * second
    /// How long the supervisor is not asked again after it had no slot: a flood of logins at a full server must not become one of requests.
    package static let fullPause = 100 * millisecond
    /// Told to clients with the notice that the server stops, in milliseconds.
    static let stopMilliseconds = UInt32(SessionLimits.stopping / millisecond)
}
