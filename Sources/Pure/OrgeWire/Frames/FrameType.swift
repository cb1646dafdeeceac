/// The first byte of a frame from a client.
package enum ClientFrameType: UInt8, WireFrameType, CaseIterable, Sendable {
    case hello = 0x01
    case login
    case describe
    case join
    case command
    case intent
    case ping
    case audit
    case leave
    case kill
    case received

    /// Later editions put there what an older server can do without.
    package static let skippable: ClosedRange<UInt8> = 0x60...0x7f

    package var hasSession: Bool {
        switch self {
        case .join, .command, .intent, .ping, .audit, .leave, .kill, .received: true
        case .hello, .login, .describe: false
        }
    }
}

/// The first byte of a frame from the server. The close frame has the same type and layout in all versions.
package enum ServerFrameType: UInt8, WireFrameType, CaseIterable, Sendable {
    case welcome = 0x81
    case worlds
    case schema
    case joined
    case joinRefused
    case update
    case outcome
    case event
    case credit
    case pong
    case auditAnswer
    case notice
    case recalled
    case close = 0xff

    /// 0xE0–0xE7 are kept for media: such frames may come between any two others.
    package static let skippable: ClosedRange<UInt8> = 0xe0...0xfe

    package var hasSession: Bool {
        switch self {
        case .joined, .joinRefused, .update, .outcome, .event, .credit, .pong, .auditAnswer, .notice, .recalled: true
        case .welcome, .worlds, .schema, .close: false
        }
    }
}
