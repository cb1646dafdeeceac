/// Why the server ends a connection.
package enum CloseReason: UInt16, CaseIterable, Sendable {
    case left = 1
    case serverStopping
    case full
    case malformed
    case frameTooLarge
    case unexpectedFrame
    case unsupportedVersion
    case handshakeTimeout
    case idle
    case badName
    case badSequence
    case overCredit
    case rateLimited
    case slowReader
    case worldFailed
    case badToken
    case `internal`
    case loginRefused
    /// Another connection has resumed the session with its ticket.
    case resumedElsewhere

    /// Whether the peer broke the protocol: such closes are counted as misbehaviour.
    package var isFault: Bool {
        switch self {
        case .malformed, .frameTooLarge, .unexpectedFrame, .badSequence, .overCredit, .rateLimited, .badToken: true
        case .left, .serverStopping, .full, .unsupportedVersion, .handshakeTimeout, .idle, .badName, .slowReader, .worldFailed, .internal, .loginRefused,
            .resumedElsewhere:
            false
        }
    }

    /// When trying again makes sense, in milliseconds.
    package var retryAfterMilliseconds: UInt32 {
        switch self {
        case .left, .handshakeTimeout, .idle, .slowReader: 0
        case .serverStopping, .rateLimited, .internal: 1_000
        case .full: 2_000
        case .malformed, .frameTooLarge, .unexpectedFrame, .unsupportedVersion, .badName, .badSequence, .overCredit, .worldFailed, .badToken, .loginRefused,
            .resumedElsewhere:
            Close.never
        }
    }
}

/// The last frame of a connection. Its layout is the same in all versions, so a client of any version learns why it was turned away.
package struct Close: Equatable, Sendable {
    /// ``retryAfterMilliseconds`` of what a second attempt does not cure.
    package static let never = UInt32.max

    /// A ``CloseReason``, or a later version's.
    package var code: UInt16
    package var retryAfterMilliseconds: UInt32
    /// For people and logs; at most ``WireLimits/reasonBytes``, cut where it is longer.
    package var text: String

    package init(code: UInt16, retryAfterMilliseconds: UInt32, text: String) {
        self.code = code
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.text = text
    }

    package init(_ reason: CloseReason, _ text: String = "", retryAfterMilliseconds: UInt32? = nil) {
        self.init(code: reason.rawValue, retryAfterMilliseconds: retryAfterMilliseconds ?? reason.retryAfterMilliseconds, text: text)
    }

    package var reason: CloseReason? { CloseReason(rawValue: code) }
}
