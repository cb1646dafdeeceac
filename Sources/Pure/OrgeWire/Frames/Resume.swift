package import OrgeSchema

/// What a client says in its join to have the session of an earlier connection back. Section 16 of `docs/protocol.md`.
package struct Resume: BitwiseCopyable, Equatable, Sendable {
    /// Number and ticket of the session, as in the last `joined`.
    package var session: UInt64
    package var ticket: Ticket
    /// The sequence of the last outcome that has come.
    package var acknowledged: UInt64
    /// The last one named by `joined`, `hostBack` or `timelineChanged`.
    package var incarnation: UInt32
    /// The highest tick that the client has seen.
    package var tick: UInt64
    /// Every event of ticks through this one has come, and so many of the next one.
    package var eventsThrough: UInt64
    package var eventsAfter: UInt16
    /// The tick of the last whole update, and how many whole updates there were since `joined`; 0 for a client without a view.
    package var viewTick: UInt64
    package var updates: UInt32

    package init(
        session: UInt64, ticket: Ticket, acknowledged: UInt64, incarnation: UInt32, tick: UInt64, eventsThrough: UInt64, eventsAfter: UInt16 = 0,
        viewTick: UInt64 = 0, updates: UInt32 = 0
    ) {
        self.session = session
        self.ticket = ticket
        self.acknowledged = acknowledged
        self.incarnation = incarnation
        self.tick = tick
        self.eventsThrough = eventsThrough
        self.eventsAfter = eventsAfter
        self.viewTick = viewTick
        self.updates = updates
    }

    package var entry: WireExtensions.Entry {
        var writer = ByteWriter()
        writer.u64(session)
        ticket.encode(to: &writer)
        writer.u64(acknowledged)
        writer.u32(incarnation)
        writer.u64(tick)
        writer.u64(eventsThrough)
        writer.u16(eventsAfter)
        writer.u64(viewTick)
        writer.u32(updates)
        return WireExtensions.Entry(type: ExtensionType.resume, bytes: writer.bytes)
    }

    /// - Returns: nil where the extension is missing.
    init?(in extensions: WireExtensions) throws(DecodeError) {
        guard let bytes = extensions[ExtensionType.resume] else { return nil }
        var reader = ByteReader(bytes)
        self.init(
            session: try reader.u64(), ticket: try Ticket(reading: &reader), acknowledged: try reader.u64(), incarnation: try reader.u32(),
            tick: try reader.u64(), eventsThrough: try reader.u64(), eventsAfter: try reader.u16(), viewTick: try reader.u64(), updates: try reader.u32())
        try reader.expectEnd()
    }
}

extension ClientFrame.Join {
    /// - Parameters:
    ///   - resume: nil for a newcomer, and for a monitor.
    ///   - seenTick: of a monitor that comes back.
    package init(world: String, role: JoinRole, knownSchema: UInt64 = 0, resume: Resume?, seenTick: UInt64? = nil) {
        let entries = [resume?.entry, seenTick.map(Self.entry)].compactMap { $0 }
        self.init(world: world, role: role, knownSchema: knownSchema, extensions: WireExtensions(entries))
    }

    private static func entry(seenTick: UInt64) -> WireExtensions.Entry {
        var writer = ByteWriter()
        writer.u64(seenTick)
        return WireExtensions.Entry(type: ExtensionType.seenTick, bytes: writer.bytes)
    }

    /// The highest tick that a monitor has seen, on whatever connection. A join whose extension cannot be read is not decoded.
    package var seenTick: UInt64? { (try? readSeenTick()) ?? nil }

    private func readSeenTick() throws(DecodeError) -> UInt64? {
        guard let bytes = extensions[ExtensionType.seenTick] else { return nil }
        var reader = ByteReader(bytes)
        let tick = try reader.u64()
        try reader.expectEnd()
        return tick
    }

    /// The session that the client wants back. A join whose extension cannot be read is not decoded.
    package var resume: Resume? { (try? Resume(in: extensions)) ?? nil }

    /// - Throws: for a `resume` or a tick that cannot be read, or that is not for the role: a monitor has no session, a player names its tick in `resume`.
    func checkReturn(at offset: Int) throws(DecodeError) {
        if try Resume(in: extensions) != nil, role != .player { throw DecodeError(.inconsistent("a monitor that resumes a session"), at: offset) }
        if try readSeenTick() != nil, role != .monitor { throw DecodeError(.inconsistent("the tick of a monitor in a player's join"), at: offset) }
    }
}

/// What `joined` and `joinRefused` answer to a ``Resume``.
package enum Resumption: BitwiseCopyable, Equatable, Sendable {
    /// The connection has the session.
    case resumed(Resumed)
    /// The session has ended. Outcomes from `oldest` through `through` were remembered, and came as `recalled`.
    case ended(oldest: UInt64, through: UInt64)
    /// No session that is known has this number, ticket and account.
    case unknown

    package struct Resumed: BitwiseCopyable, Equatable, Sendable {
        /// The first update changes the view that the client has.
        package var isContinued: Bool
        /// The world's timeline left the one that the client saw: its last common tick, where that is known.
        package var fork: Fork?
        /// Outcomes of lower sequences are no longer kept.
        package var oldest: UInt64
        package var lastIntent: UInt32
        /// Reliable events that were dropped, for whichever client; ``eventsUnknown``: it is not known how many.
        package var lostEvents: UInt32

        package static let eventsUnknown = UInt32.max

        package enum Fork: BitwiseCopyable, Equatable, Sendable {
            case after(tick: UInt64)
            case unknown
        }

        package init(isContinued: Bool = false, fork: Fork? = nil, oldest: UInt64, lastIntent: UInt32 = 0, lostEvents: UInt32 = 0) {
            self.isContinued = isContinued
            self.fork = fork
            self.oldest = oldest
            self.lastIntent = lastIntent
            self.lostEvents = lostEvents
        }
    }

    private static let continuedFlag: UInt8 = 1
    private static let forkedFlag: UInt8 = 2
    private static let forkTickFlag: UInt8 = 4

    package var entry: WireExtensions.Entry {
        var writer = ByteWriter()
        switch self {
        case .resumed(let resumed):
            writer.u8(1)
            var (flags, tick): (UInt8, UInt64) = (resumed.isContinued ? Self.continuedFlag : 0, 0)
            if resumed.fork != nil { flags |= Self.forkedFlag }
            if case .after(let forkTick) = resumed.fork { (flags, tick) = (flags | Self.forkTickFlag, forkTick) }
            writer.u8(flags)
            writer.u64(resumed.oldest)
            writer.u32(resumed.lastIntent)
            writer.u32(resumed.lostEvents)
            writer.u64(tick)
        case .ended(let oldest, let through):
            writer.u8(2)
            writer.u64(oldest)
            writer.u64(through)
        case .unknown: writer.u8(3)
        }
        return WireExtensions.Entry(type: ExtensionType.resumption, bytes: writer.bytes)
    }

    /// - Returns: nil where the extension is missing.
    package init?(in extensions: WireExtensions) throws(DecodeError) {
        guard let bytes = extensions[ExtensionType.resumption] else { return nil }
        var reader = ByteReader(bytes)
        switch try reader.u8() {
        case 1: self = .resumed(try Resumed(reading: &reader))
        case 2: self = .ended(oldest: try reader.u64(), through: try reader.u64())
        case 3: self = .unknown
        case let status: throw DecodeError(.unknown(what: "answer to a resume", value: UInt64(status)), at: 0)
        }
        try reader.expectEnd()
    }
}

extension Resumption.Resumed {
    fileprivate init(reading reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        let flags = try reader.u8()
        (oldest, lastIntent, lostEvents) = (try reader.u64(), try reader.u32(), try reader.u32())
        let tick = try reader.u64()
        switch flags {
        case 0, 1: (isContinued, fork) = (flags == 1, nil)
        case 2: (isContinued, fork) = (false, .unknown)
        case 6: (isContinued, fork) = (false, .after(tick: tick))
        default: throw DecodeError(.unknown(what: "flags of a resumed session", value: UInt64(flags)), at: start)
        }
        guard flags == 6 || tick == 0 else { throw DecodeError(.inconsistent("a fork's tick where none is said to be"), at: start) }
    }
}

extension ServerFrame.Joined {
    /// - Returns: nil of a monitor.
    package func ticket() throws(DecodeError) -> Ticket? {
        guard let bytes = extensions[ExtensionType.ticket] else { return nil }
        var reader = ByteReader(bytes)
        let ticket = try Ticket(reading: &reader)
        try reader.expectEnd()
        return ticket
    }
}

extension Ticket {
    package var entry: WireExtensions.Entry {
        var writer = ByteWriter()
        encode(to: &writer)
        return WireExtensions.Entry(type: ExtensionType.ticket, bytes: writer.bytes)
    }
}
