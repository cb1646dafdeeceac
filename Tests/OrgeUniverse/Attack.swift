import OrgeWire

/// Ways in which a client can be wrong on purpose, and the closes that are a right answer to each.
enum Attack: CaseIterable {
    /// Before anything else.
    case noise, wrongMagic, tooLarge, empty, unknownType, loginFirst, otherVersion, silence, halfAFrame, http
    /// With a hello.
    case badName, longName, trailing, commandEarly, helloTwice, joinEarly
    /// In a world.
    case repeatedSequence, skippedSequence, sequenceZero, overCredit, unknownCommand, unknownIntent, truncatedPayload, longPayload, badText
    case wrongToken, pingFlood, auditFlood, monitorCommands, garbageInside, joinTwice

    enum Stage { case connected, greeted, joined, watching }

    var stage: Stage {
        switch self {
        case .noise, .wrongMagic, .tooLarge, .empty, .unknownType, .loginFirst, .otherVersion, .silence, .halfAFrame, .http: .connected
        case .badName, .longName, .trailing, .commandEarly, .helloTwice, .joinEarly: .greeted
        case .repeatedSequence, .skippedSequence, .sequenceZero, .overCredit, .unknownCommand, .unknownIntent, .truncatedPayload, .longPayload,
            .badText, .wrongToken, .pingFlood, .auditFlood, .garbageInside, .joinTwice:
            .joined
        case .monitorCommands: .watching
        }
    }

    static let harmless = allCases.filter { $0.stage == .connected || $0.stage == .greeted }

    /// What the page allows as an answer.
    var answers: [CloseReason] {
        switch self {
        case .noise: [.malformed, .frameTooLarge, .unexpectedFrame, .handshakeTimeout, .unsupportedVersion]
        case .wrongMagic, .unknownType, .trailing, .unknownCommand, .unknownIntent, .truncatedPayload, .longPayload, .badText, .garbageInside: [.malformed]
        case .tooLarge, .empty, .http: [.frameTooLarge]
        case .loginFirst, .commandEarly, .helloTwice, .joinEarly, .monitorCommands, .joinTwice: [.unexpectedFrame]
        case .otherVersion: [.unsupportedVersion]
        case .silence, .halfAFrame: [.handshakeTimeout]
        case .badName, .longName: [.badName]
        case .repeatedSequence, .skippedSequence, .sequenceZero: [.badSequence]
        case .overCredit: [.overCredit]
        case .wrongToken: [.badToken]
        case .pingFlood, .auditFlood: [.rateLimited]
        }
    }
}
