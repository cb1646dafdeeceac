public import OrgeSchema

/// One row in view.
public struct ClientRow: Equatable, Sendable {
    public var entity: Entity
    public var component: String
    /// Names and values in the order of the schema.
    public var fields: [ClientField]

    public subscript(name: String) -> FieldValue? { fields.first { $0.name == name }?.value }
}

public struct ClientField: Equatable, Sendable {
    public var name: String
    public var value: FieldValue

    public init(name: String, value: FieldValue) {
        self.name = name
        self.value = value
    }
}

/// What became of a command.
public enum ClientOutcome: Equatable, Sendable {
    /// Executed and durable; never undone.
    case applied(tick: UInt64, result: [ClientField])
    /// Not run: an earlier command with the same idempotency key was applied in `firstTick`, with that result.
    case repeated(tick: UInt64, firstTick: UInt64, result: [ClientField])
    /// Nothing of it is left. Codes are those of the protocol's page.
    case refused(tick: UInt64, code: UInt8, field: String, reason: String)
}

/// What a client is told without having asked.
public enum ClientHappening: Equatable, Sendable {
    /// The view is complete through this tick.
    case view(tick: UInt64)
    case event(tick: UInt64, name: String, fields: [ClientField])
    /// The world's process is gone; the connection and the view stay.
    case worldAway
    case worldBack(tick: UInt64)
    /// The world lost the end of its history: outcomes of ticks after `fork` are withdrawn, of an unknown number of ticks when it is nil.
    /// The client joins again by itself, with an empty view; a join that is refused ends the connection.
    case timelineChanged(fork: UInt64?)
    /// The connection is lost. The client makes another one by itself; calls wait.
    case disconnected
    /// The client is back in its session. Commands without an outcome that had not arrived were sent again; reliable events of the world that the server
    /// no longer has, at most so many, are lost (nil: it does not know how many).
    case resumed(resent: Int, lostEvents: Int?)
    /// The client is back in another session, with an empty view: its old one had ended. Calls without an outcome have failed and say what is known.
    case rejoined(avatar: Entity)
}

/// Why a client cannot go on, or could not do what was asked.
public struct ClientError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: Equatable, Sendable {
        /// No server answers, or the connection is gone.
        case disconnected
        /// The server closed, or refused the join; the number is the protocol's.
        case closed(UInt16), joinRefused(UInt8)
        /// What was asked makes no sense here: an unknown command or field, a value of another kind, the wrong moment.
        case invalid
        /// The world has no time for it now.
        case busy
        /// The server breaks the protocol.
        case serverFault
        /// The command did not run: the world lost the end of its history before it came to it.
        case notRun
        /// The command did not run: the session ended before it, while there was no connection.
        case expired
        /// The command had its outcome, which the server no longer has.
        case tooOld
        /// The server no longer knows the session that the command was sent in: it may have run or not.
        case unknown
    }

    public var code: Code
    public var message: String

    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
