package import OrgeSchema

/// One message from the server to a client.
///
/// The edge writes updates and audit answers through ``UpdateWriter`` and ``AuditWriter``, straight into the bytes to send.
package enum ServerFrame: WireFrame, Equatable, Sendable {
    case welcome(Welcome)
    case worlds([WorldEntry])
    /// `hash` names the document; a client keeps both and does not compute it.
    case schema(hash: UInt64, document: [UInt8])
    case joined(Joined)
    case joinRefused(JoinRefusal)
    case update(UpdateFrame)
    /// `outcome` holds the bytes of a ``CommandOutcome``.
    case outcome(sequence: UInt64, tick: UInt64, outcome: [UInt8])
    case event(tick: UInt64, kind: UInt16, payload: [UInt8])
    case credit(Credit)
    case pong(Pong)
    case auditAnswer(AuditAnswer)
    case notice(Notice)
    /// The outcome of a command of the session that a join asked for, which has ended; `outcome` as in `outcome`.
    case recalled(sequence: UInt64, tick: UInt64, outcome: [UInt8])
    case close(Close)
    /// A frame of an unknown type that may be skipped.
    case skipped(type: UInt8)

    package var head: WireFrameHead<ServerFrameType> {
        switch self {
        case .welcome: .known(.welcome)
        case .worlds: .known(.worlds)
        case .schema: .known(.schema)
        case .joined: .known(.joined)
        case .joinRefused: .known(.joinRefused)
        case .update: .known(.update)
        case .outcome: .known(.outcome)
        case .event: .known(.event)
        case .credit: .known(.credit)
        case .pong: .known(.pong)
        case .auditAnswer: .known(.auditAnswer)
        case .notice: .known(.notice)
        case .recalled: .known(.recalled)
        case .close: .known(.close)
        case .skipped(let type): .skipped(type)
        }
    }
}

/// How far a client may go on sending commands. Both numbers are absolute and never fall, so a lost or late grant does no harm.
package struct Credit: Equatable, Sendable {
    package var throughSequence: UInt64
    /// Sizes of command frames since `joined`, added up.
    package var throughByte: UInt64

    package static let none = Credit(throughSequence: 0, throughByte: 0)

    package init(throughSequence: UInt64, throughByte: UInt64) {
        self.throughSequence = throughSequence
        self.throughByte = throughByte
    }
}

extension ServerFrame {
    package struct Welcome: Equatable, Sendable {
        package var version: UInt16
        package var isDevelopment: Bool
        package var clientFrameBytes: UInt32
        package var serverFrameBytes: UInt32
        package var idleMilliseconds: UInt32
        package var software: String
        package var extensions: WireExtensions

        package init(
            version: UInt16, isDevelopment: Bool, clientFrameBytes: UInt32, serverFrameBytes: UInt32, idleMilliseconds: UInt32, software: String,
            extensions: WireExtensions = .none
        ) {
            self.version = version
            self.isDevelopment = isDevelopment
            self.clientFrameBytes = clientFrameBytes
            self.serverFrameBytes = serverFrameBytes
            self.idleMilliseconds = idleMilliseconds
            self.software = software
            self.extensions = extensions
        }
    }

    package struct Joined: Equatable, Sendable {
        /// 0 for a monitor, as is the avatar.
        package var session: UInt64
        package var avatar: Entity
        package var incarnation: UInt32
        /// The last one released.
        package var tick: UInt64
        /// 0 unless the pace is fixed.
        package var tickMicroseconds: UInt32
        package var firstSequence: UInt64
        package var credit: Credit
        package var role: JoinRole
        /// See ``idBase(ofWorld:)``.
        package var idBase: Entity
        package var extensions: WireExtensions

        package init(
            session: UInt64, avatar: Entity, incarnation: UInt32, tick: UInt64, tickMicroseconds: UInt32, firstSequence: UInt64, credit: Credit,
            role: JoinRole, idBase: Entity, extensions: WireExtensions = .none
        ) {
            self.session = session
            self.avatar = avatar
            self.incarnation = incarnation
            self.tick = tick
            self.tickMicroseconds = tickMicroseconds
            self.firstSequence = firstSequence
            self.credit = credit
            self.role = role
            self.idBase = idBase
            self.extensions = extensions
        }
    }

    package struct JoinRefusal: Error, Equatable, Sendable {
        package enum Code: UInt8, CaseIterable, Sendable {
            case unknownWorld = 1
            case notRunning
            case failed
            case accountInUse
            case refused
            case full
        }

        package var code: Code
        /// The world's own refusal code where `code` is `.refused`, otherwise 0.
        package var refusal: UInt8
        package var retryAfterMilliseconds: UInt32
        package var text: String
        package var extensions: WireExtensions

        package init(_ code: Code, refusal: UInt8 = 0, retryAfterMilliseconds: UInt32 = 0, _ text: String, extensions: WireExtensions = .none) {
            self.code = code
            self.refusal = refusal
            self.retryAfterMilliseconds = retryAfterMilliseconds
            self.text = text
            self.extensions = extensions
        }
    }

    package struct Pong: Equatable, Sendable {
        package var clientTime: UInt64
        /// The server's clock, from any origin.
        package var serverMicroseconds: UInt64
        /// The last one released, and the time since it was due to begin, both when the pong was sent.
        package var tick: UInt64
        package var microsecondsIntoTick: UInt32

        package init(clientTime: UInt64, serverMicroseconds: UInt64, tick: UInt64, microsecondsIntoTick: UInt32) {
            self.clientTime = clientTime
            self.serverMicroseconds = serverMicroseconds
            self.tick = tick
            self.microsecondsIntoTick = microsecondsIntoTick
        }
    }

    package enum Notice: Equatable, Sendable {
        /// The world's process is gone; the view stays, commands are kept.
        case hostAway
        case hostBack(incarnation: UInt32, tick: UInt64)
        /// Thousandths of a second of the world in a second of the clock.
        case dilated(permille: UInt16)
        case stopping(withinMilliseconds: UInt32, text: String)
        /// Ticks since `joined` in which this client's view changed, however few updates they came in. Told with each audit.
        case viewed(ticksDue: UInt64)
        /// The world goes on from an earlier point of its history. The client has left the world and chooses again.
        case timelineChanged(TimelineChange)
    }

    /// What became of a client's past when its world lost durable data.
    package struct TimelineChange: Equatable, Sendable {
        /// The last tick that still holds: outcomes of later ticks are withdrawn. nil: not known.
        package var forkTick: UInt64?
        package var incarnation: UInt32
        /// With which sequence the session goes on when the client joins again; nil: the session is younger than the fork, and a join begins another one.
        package var nextSequence: UInt64?

        package init(forkTick: UInt64?, incarnation: UInt32, nextSequence: UInt64?) {
            self.forkTick = forkTick
            self.incarnation = incarnation
            self.nextSequence = nextSequence
        }

        static let forkFlag: UInt8 = 1
        static let sessionFlag: UInt8 = 2
    }
}

/// One line of the list from which a client chooses.
package struct WorldEntry: Equatable, Sendable {
    package enum State: UInt8, CaseIterable, Sendable {
        case starting = 1
        case running
        case restarting
        case failed
    }

    package var name: String
    package var version: UInt16
    package var state: State
    /// 0 while it is not known.
    package var schemaHash: UInt64
    package var pace: PaceKind
    /// 0 unless the pace is fixed.
    package var tickMicroseconds: UInt32

    package init(name: String, version: UInt16, state: State, schemaHash: UInt64, pace: PaceKind, tickMicroseconds: UInt32) {
        self.name = name
        self.version = version
        self.state = state
        self.schemaHash = schemaHash
        self.pace = pace
        self.tickMicroseconds = tickMicroseconds
    }
}
