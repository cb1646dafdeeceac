package import OrgeSchema
package import OrgeWire

/// The client's side of the conversation: frames, requests and time in, one reaction out per event. No I/O, no clock.
///
/// `start` opens it; then `receive` for each frame that comes; `join`, `command`, `intent` and the others say what the user wants and hand back the frame to
/// send, or nil when it cannot be sent now. The view is kept here, by ``ClientView``.
package struct ClientSession: ~Copyable {
    package struct Configuration: Equatable, Sendable {
        package var kind: ClientKind
        package var software: String
        package var name: String
        /// What this client can do; offered in hello.
        package var capabilities = Capabilities.unstated

        package init(kind: ClientKind, software: String, name: String) {
            self.kind = kind
            self.software = software
            self.name = name
        }
    }

    package enum Phase: Equatable, Sendable, CaseIterable {
        case idle, awaitingWelcome, awaitingWorlds, choosing, describing, joining, joined, leaving, closed
    }

    /// A command whose outcome has not come.
    package struct Unanswered: Equatable, Sendable {
        package var sequence: UInt64
        package var kind: UInt16
        /// Nanoseconds of the client's clock.
        package var sentAt: UInt64
    }

    /// A world's schema that the client holds, by the hash that the server gave.
    package struct KnownSchema: Equatable, Sendable {
        package var hash: UInt64
        package var schema: WorldSchema
    }

    package let configuration: Configuration
    package internal(set) var phase = Phase.idle
    package internal(set) var welcome: ServerFrame.Welcome?
    package internal(set) var worlds: [WorldEntry] = []
    /// The last one that came or that was given.
    package internal(set) var known: KnownSchema?
    package internal(set) var joined: ServerFrame.Joined?
    package internal(set) var view: ClientView?
    package internal(set) var clock = ClockSync()
    package internal(set) var credit = Credit.none
    /// The sequence of the next command.
    package internal(set) var nextSequence: UInt64 = 1
    /// In the order of their sequences; at most ``SessionLimits/commandWindow``.
    package internal(set) var unanswered: [Unanswered] = []
    /// Of the commands in `unanswered`, to be sent again through another connection.
    var commands: [ClientFrame.Command] = []
    /// The last ones of `unanswered`, which have not been sent on this connection.
    package internal(set) var unsentCount = 0
    /// The session, while there is one that can be resumed.
    package internal(set) var hold: ClientHold?
    /// The server has the session for this connection: its timeline has changed, and the client chooses again.
    var isClaimed = false
    /// The join that is not answered asked for the session.
    var isResuming = false
    var settled: [Settled] = []
    /// Outcomes through this sequence may be of commands that another holder of the ticket sent.
    var recalledThrough: UInt64 = 0
    /// The server was told that the outcomes through this one have come.
    var receiptedThrough: UInt64 = 0
    /// The first update may not be of an earlier tick.
    var firstUpdateTick: UInt64 = 0
    /// The last one sent of each kind, to be sent again when the world's process is back.
    var intents = SortedMap<UInt16, [UInt8]>()
    /// The number of the last intent sent; 0 before the first.
    package internal(set) var lastIntent: UInt32 = 0
    /// The number of the last intent that the view reflects; 0 before the first.
    package internal(set) var consumedIntent: UInt32 = 0
    var bytesSent: UInt64 = 0
    var role = JoinRole.player
    /// The one that was joined last.
    var world = ""
    var pingSentAt: UInt64 = 0
    var audit: (request: UInt32, rows: [AuditRow])?
    /// The last outcome's or event's tick, which later ones never precede.
    var releasedTick: UInt64 = 0
    /// What a monitor had seen through earlier connections.
    private let seenBefore: SeenTick?

    /// - Parameters:
    ///   - known: a schema from an earlier connection, which then need not be sent again.
    ///   - seen: what a monitor has seen through earlier connections (``seen``).
    package init(_ configuration: Configuration, known: KnownSchema? = nil, seen: SeenTick? = nil) {
        self.configuration = configuration
        self.known = known
        seenBefore = seen
    }

    /// The highest tick that a monitor has seen of a world, for the connection that comes after this one: it then sees nothing older.
    package struct SeenTick: Equatable, Sendable {
        package var world: String
        package var tick: UInt64
    }

    /// Of the world joined last as a monitor; nil where nothing was seen.
    package var seen: SeenTick? {
        guard role == .monitor, let view, let complete = view.completeTick else { return seenBefore }
        return SeenTick(world: world, tick: max(complete, releasedTick))
    }

    /// What to send when `hostBack` has come: the world may have missed the last intents, because no process keeps them. One for each kind in use.
    package mutating func standingIntents() -> [ClientFrame] {
        guard phase == .joined else { return [] }
        let standing = Array(zip(intents.keys, intents.values))
        return standing.map { .intent(numbered($0, $1)) }
    }

    /// An intent with the next number. At 240 a second the numbers last for half a year of one session.
    mutating func numbered(_ kind: UInt16, _ payload: [UInt8]) -> ClientFrame.Intent {
        lastIntent += 1
        return ClientFrame.Intent(number: lastIntent, kind: kind, payload: payload)
    }

    /// Commands can be sent: joined as a player, and a command with a payload of so many bytes is within credit. However much credit a server
    /// gives, no more than a window of commands is kept.
    package func canSend(payloadBytes: Int, key: IdempotencyKey? = nil) -> Bool {
        guard phase == .joined, role == .player, unsentCount == 0, unanswered.count < SessionLimits.commandWindow else { return false }
        return hasCredit(nextSequence, frameBytes: ClientFrame.Command.frameBytes(key: key, payloadBytes: payloadBytes))
    }

    func hasCredit(_ sequence: UInt64, frameBytes: Int) -> Bool {
        sequence <= credit.throughSequence && bytesSent + UInt64(frameBytes) <= credit.throughByte
    }
}

/// What an event means to the owner of a ``ClientSession``.
package enum ClientReaction: Equatable, Sendable {
    case nothing
    case send(ClientFrame)
    /// Logged in, or the list changed: join or describe one.
    case choose([WorldEntry])
    /// The answer to `describe`; the schema is `known`.
    case described(hash: UInt64)
    /// In a new session. Ask `takeSettled`.
    case joined(ServerFrame.Joined)
    /// The session of an earlier connection goes on. Ask `takeSettled`, then send `resends`.
    indirect case resumed(ServerFrame.Joined, Resumption.Resumed)
    /// Ask `takeSettled`.
    case joinRefused(ServerFrame.JoinRefusal)
    /// The view is complete through this tick.
    case viewComplete(tick: UInt64)
    /// `sentAt` is when the command was handed out.
    case outcome(ClientSession.Unanswered, tick: UInt64, CommandOutcome)
    case event(tick: UInt64, kind: UInt16, payload: [UInt8])
    case creditRaised
    case pong(roundTrip: UInt64)
    case audited(AuditReport)
    /// The world has no time for the audit now; it may be asked for again, at the session's rate.
    case auditBusy(request: UInt32)
    case notice(ServerFrame.Notice)
    /// Commands that get no outcome, and why. Said by the owner of a session, before the `joined`, `resumed` or `joinRefused` that settled them.
    case settled([ClientSession.Settled])
    /// There is no connection, and another one is tried after a pause. Said by the owner of a session.
    case disconnected(pauseMilliseconds: UInt32)
    /// The world lost a part of its past: outcomes of ticks after the fork are withdrawn, and `notRun` were never run. The client is choosing again.
    indirect case timelineChanged(ServerFrame.TimelineChange, notRun: [ClientSession.Unanswered])
    /// The server ended it. Commands in `unanswered` are unknown: run or not.
    case closed(Close)
    /// The server broke the protocol: close the connection. The session is closed.
    case fault(ClientFault)
}

/// How a server can be wrong.
package enum ClientFault: Error, Equatable, Sendable {
    case malformed(DecodeError)
    case badSize(UInt32)
    case unexpected(ServerFrameType)
    case view(ViewFault)
    /// An outcome for a command that is not the oldest unanswered one.
    case outcomeOutOfOrder(sequence: UInt64)
    case creditFell
    /// An update reflects an intent that was not sent, or an older one than the update before.
    case intentOutOfOrder(UInt32)
    case tickWentBack(from: UInt64, to: UInt64)
    case wrongAudit(request: UInt32)
    case unsupportedVersion(UInt16)
}
