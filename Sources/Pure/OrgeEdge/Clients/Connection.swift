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
    /// What to write at the end of this turn.
    var out = ByteWriter()
    /// Outcomes and events that must come after the next update.
    var waiting = ByteWriter()
    /// How much of that an earlier turn left.
    private var waitingSinceTurn = 0
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
    /// The host's number of the session; 0 for a monitor.
    var sessionNumber: UInt64 = 0
    /// Place in the world's list of members.
    var memberIndex = 0
    var pending = PendingCommands()
    /// The host was told that it may forget outcomes through this one; told again when it comes back, or it would count them against the credit.
    var acknowledged: UInt64 = 0
    /// The client's number of an audit that is not answered yet.
    var audit: UInt32?
    var view = SentView(avatar: .none)
    /// A tick changed the view (or may have), and no update has brought it up to it.
    var isBehind = false
    /// Its world has changed its timeline; the client is told when the new one has come.
    var isForked = false
    /// A session that the host still keeps for this client after a change of the timeline, until the client joins again.
    var claim: (world: EdgeWorld, session: HeldSession)?
    /// Touched by the tick that is being released.
    var isTouched = false

    // MARK: What the peer has received

    /// Bytes handed to the shell, and bytes that it wrote, since the connection was made.
    private(set) var emitted: UInt64 = 0
    private(set) var written: UInt64 = 0
    /// Where in that stream the last update ends, and when it was handed out.
    private var updateEnd: UInt64 = 0
    private(set) var updateAt: UInt64 = 0
    /// Where in the stream updates, schemas, lists and audits stand that are not written: bounded by the view or by how often they may be
    /// asked for, their bytes count for no limit, but their number does.
    private var bulk = ContiguousArray<Range<UInt64>>()

    init(id: ConnectionID, session: consuming ServerSession) {
        self.id = id
        self.session = session
    }

    var isInWorld: Bool { world != nil && !isJoining }
    /// The last update is still on its way.
    var isStalled: Bool { written < updateEnd }
    /// Bytes held for the peer since an earlier turn that no limit excuses. What this turn brought does not count: others' deeds may have
    /// made it large, and the peer had no chance yet to read it.
    private var unread: Int {
        let excused = bulk.reduce(0) { $0 + Int(min($1.upperBound, emitted) - min(max($1.lowerBound, written), emitted)) }
        return Int(emitted - written) - excused + min(waitingSinceTurn, waiting.count)
    }
    var isOverLimit: Bool { unread > EdgeLimits.unreadBytes || bulk.count > EdgeLimits.unreadBulks }
    /// Whether one more event of so many bytes, that may be dropped, should be: such events leave room for what may not.
    func isCrowded(by byteCount: Int) -> Bool { Int(emitted - written) + out.count - bulkBytes + waiting.count + byteCount > EdgeLimits.droppableBytes }

    private var bulkBytes: Int { bulk.reduce(0) { $0 + Int($1.upperBound - max($1.lowerBound, written)) } }

    /// What was appended since `start` is bulk.
    /// - Parameter continues: whether it counts as one with the bulk directly before it, if there is one: the parts of an answer, and lists
    ///   of worlds, which are unsolicited. What a client may ask for repeatedly must not, or it would never reach the bound.
    func countBulk(from start: Int, continues: Bool = false) {
        let first = emitted + UInt64(start)
        if continues, let last = bulk.last, last.upperBound == first {
            bulk[bulk.count - 1] = last.lowerBound..<emitted + UInt64(out.count)
        } else {
            bulk.append(first..<emitted + UInt64(out.count))
        }
    }

    /// What stands in `out` now ends with an update.
    func markUpdate(now: UInt64) {
        if !isStalled { updateAt = now }
        updateEnd = emitted + UInt64(out.count)
    }

    /// What to write, at the end of a turn.
    func drainOut() -> [UInt8] {
        waitingSinceTurn = waiting.count
        emitted += UInt64(out.count)
        return out.take()
    }

    /// - Parameter count: bytes written in all.
    func wrote(through count: UInt64) {
        precondition(count >= written && count <= emitted, "more written than handed out")
        written = count
        bulk.removeAll { $0.upperBound <= count }
    }
}
