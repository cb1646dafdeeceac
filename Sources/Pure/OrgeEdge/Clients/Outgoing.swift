import OrgeReplication
import OrgeSchema
import OrgeWire

/// What is on its way to one client.
///
/// The machine says what the client is to learn; what goes out when, in which encoding, and what counts as arrived is decided here alone. Today a byte
/// has arrived when the shell has written it to the client's stream, and there is one update under way at a time. Another carrier brings other
/// receipts (``InFlight``), another encoding another case of ``ViewEncoding``; the machine knows of neither.
struct Outgoing {
    /// What the client has been told of its world.
    private(set) var view = SentView(avatar: .none)
    /// A tick changed the view (or may have), and no update has brought it up to it.
    private(set) var isBehind = false
    /// The last intent of the client that the world has consumed since it joined; 0 before the first.
    private var consumedIntent: UInt32 = 0
    /// Frames for the end of this turn.
    private var frames = ByteWriter()
    /// Outcomes and events that must come after the next update.
    private var deferred = ByteWriter()
    private var inFlight = InFlight()
    /// Of what counts as unread, the bytes of this turn: others' deeds may have made it large, and the client had no chance yet to read it.
    private var freshBytes = 0
    /// How much of `deferred` an earlier turn left.
    private var deferredBefore = 0
    /// When the update that is under way was handed out.
    private(set) var updateAt: UInt64 = 0

    // MARK: What the machine asks

    /// The last update is still on its way.
    var isStalled: Bool { inFlight.updateCount > 0 }
    /// The client does not read: more than the limits allow is left of earlier turns.
    var isOverLimit: Bool {
        let unread = inFlight.noticeBytes - freshBytes + min(deferredBefore, deferred.count)
        return unread > EdgeLimits.unreadBytes || inFlight.bulkCount > EdgeLimits.unreadBulks
    }

    // MARK: Frames

    /// A frame that counts as unread.
    mutating func notice(_ write: (inout ByteWriter) -> Void) { add(.notice, write) }

    /// A frame whose bytes count for no limit.
    /// - Parameter joins: see ``InFlight/add(_:byteCount:joins:)``.
    mutating func bulk(joins: Bool = false, _ write: (inout ByteWriter) -> Void) { add(.bulk, joins: joins, write) }

    /// An outcome, or the credit that counts it: it never comes before the rows of its tick.
    mutating func outcome(_ write: (inout ByteWriter) -> Void) {
        if isBehind { write(&deferred) } else { add(.notice, write) }
    }

    /// - Returns: false when the event was dropped, as one may be that is not reliable: after an update it would be old, and what a client leaves
    ///   unread of such events is bounded by itself, so that they never cost the connection.
    mutating func event(_ frame: [UInt8], isReliable: Bool) -> Bool {
        switch (isReliable, isBehind) {
        case (true, true): deferred.bytes(frame)
        case (true, false): add(.notice) { $0.bytes(frame) }
        case (false, true): return false
        case (false, false):
            guard inFlight.droppableBytes + frame.count <= EdgeLimits.droppableBytes else { return false }
            add(.droppable) { $0.bytes(frame) }
        }
        return true
    }

    private mutating func add(_ kind: InFlight.Kind, joins: Bool = false, _ write: (inout ByteWriter) -> Void) {
        let start = frames.count
        write(&frames)
        let byteCount = frames.count - start
        inFlight.add(kind, byteCount: byteCount, joins: joins)
        if kind == .notice { freshBytes += byteCount }
    }

    // MARK: The view

    /// The client enters a world. Its first update comes with ``catchUp(_:_:now:)``.
    /// - Parameters:
    ///   - view: a new one, or that of an earlier connection.
    ///   - intent: the last one that the world has consumed of the session, as the client is told in another way.
    mutating func enter(_ view: SentView, consumedIntent intent: UInt32 = 0) {
        self.view = view
        consumedIntent = intent
        isBehind = true
    }

    mutating func leaveWorld() {
        view = SentView(avatar: .none)
        isBehind = false
        dropDeferred()
    }

    mutating func dropDeferred() { deferred = ByteWriter() }

    /// The next update says so. A host that was not told what its edge holds may say again what the client knows: a number is told once.
    mutating func consumed(intent number: UInt32) {
        guard number > consumedIntent else { return }
        consumedIntent = number
        view.consumedIntent = number
    }

    enum Step {
        case sent
        /// Nothing visible changed.
        case nothing
        /// An update is under way; the next one will bring this tick as well.
        case postponed(isDue: Bool)
    }

    /// Brings the client to the replica's tick, unless its last update is still on its way.
    mutating func update(_ builder: inout ViewBuilder, _ replica: borrowing Replica, now: UInt64) -> Step {
        guard !isStalled, !isBehind else {
            isBehind = true
            let isDue = builder.isDue(view, replica)
            if isDue { view.updatesDue += 1 }
            return .postponed(isDue: isDue)
        }
        guard write(&builder, replica, now: now) else { return .nothing }
        view.updatesDue += 1
        return .sent
    }

    /// Sends everything that the client has missed, whether or not its last update has arrived: the view first, then what had to wait for it.
    /// - Returns: whether there was an update, and whether it began the view.
    mutating func catchUp(_ builder: inout ViewBuilder, _ replica: borrowing Replica, now: UInt64) -> (isUpdated: Bool, isFirst: Bool) {
        isBehind = false
        let isFirst = view.isFresh
        let isUpdated = write(&builder, replica, now: now)
        if isUpdated, isFirst { view.updatesDue += 1 }
        if deferred.count > 0 {
            let late = deferred.take()
            add(.notice) { $0.bytes(late) }
        }
        return (isUpdated, isFirst)
    }

    private mutating func write(_ builder: inout ViewBuilder, _ replica: borrowing Replica, now: UInt64) -> Bool {
        let start = frames.count
        guard builder.update(&view, replica, to: &frames) else { return false }
        if !isStalled { updateAt = now }
        inFlight.add(.update, byteCount: frames.count - start)
        return true
    }

    // MARK: The carrier

    /// What to write at the end of a turn.
    mutating func drain() -> [UInt8] {
        deferredBefore = deferred.count
        freshBytes = 0
        return frames.take()
    }

    /// Bytes that have arrived, as a range of all that was drained.
    mutating func arrived(_ range: Range<UInt64>) {
        precondition(range.upperBound <= inFlight.end - UInt64(frames.count), "more has arrived than was handed out")
        inFlight.settle(range)
    }
}
