/// The first byte of a frame from a client.
package enum ClientFrameType: UInt8, CaseIterable, Sendable {
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
}

/// The first byte of a frame from the server. The close frame has the same type and layout in all versions.
package enum ServerFrameType: UInt8, CaseIterable, Sendable {
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
    case close = 0xff
}
