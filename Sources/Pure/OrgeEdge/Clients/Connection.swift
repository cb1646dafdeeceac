import OrgeLink
import OrgeReplication
import OrgeSchema
import OrgeSession
import OrgeWire

/// One client: its conversation, its view, and what is on its way to it.
///
/// A class, because the machine keeps some thousands of them and passes one at a time to its parts; no code outside holds one.
final class Connection {
    let id: ConnectionID
    var session: ServerSession
    /// Holds an unfinished frame between turns.
    var inbound = FrameStream.client
    var outgoing = Outgoing()
    var isDirty = false
    /// Counts as logged in.
    var isAdmitted = false
    /// The close frame is on its way; nothing else happens to this client.
    var isClosing = false

    // MARK: The world

    var world: EdgeWorld?
    /// Names this hold on the world; 0 for none. Monitors have one for their audits.
    var attachment: UInt64 = 0
    var isJoining = false
    /// While it joins as a player.
    var join: PendingJoin?
    /// Of the session.
    var ticket: Ticket?
    /// The host's number of the session; 0 for a monitor.
    var sessionNumber: UInt64 = 0
    /// Place in the world's list of members.
    var memberIndex = 0
    var pending = PendingCommands()
    /// The client has the outcomes through this one, and the host was told so; told again when it comes back, or it would keep them longer than it need.
    var acknowledged: UInt64 = 0
    /// The client's number of an audit that is not answered yet.
    var audit: UInt32?
    /// Parts of the answer have gone to the client, and more are to come over this link.
    var isAuditBegun = false
    /// Its world has changed its timeline; the client is told when the new one has come.
    var isForked = false
    /// A session that the host still keeps for this client after a change of the timeline, until the client joins again.
    var claim: (world: EdgeWorld, session: HeldSession, ticket: Ticket?)?
    /// Touched by the tick that is being released.
    var isTouched = false

    /// Bytes that the shell has written, since the connection was made.
    private var written: UInt64 = 0

    init(id: ConnectionID, session: consuming ServerSession) {
        self.id = id
        self.session = session
    }

    var isInWorld: Bool { world != nil && !isJoining }

    /// - Parameter count: bytes written in all.
    func wrote(through count: UInt64) {
        precondition(count >= written, "less written than before")
        outgoing.arrived(written..<count)
        written = count
    }
}
