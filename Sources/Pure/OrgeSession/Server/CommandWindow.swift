import OrgeWire

/// The server's account of one client's commands: which sequence comes next, what is unanswered, and how far credit reaches.
struct CommandWindow: Sendable {
    enum Refusal: Equatable {
        case badSequence(expected: UInt64)
        case overCredit
    }

    /// The sequence of the next command.
    private(set) var next: UInt64
    /// The last one that has its outcome.
    private(set) var answered: UInt64
    private(set) var bytesTaken: UInt64 = 0
    private(set) var bytesAnswered: UInt64 = 0
    private(set) var granted: Credit
    /// Frame bytes of each unanswered command, at its sequence modulo the window. Made when the first command comes.
    private var sizes: [UInt16] = []

    /// - Parameter acknowledged: the client has the outcomes through this sequence; less than the first where a session is resumed, and credit counts from
    ///   there.
    /// - Precondition: sequences count from 1.
    init(firstSequence: UInt64, acknowledged: UInt64? = nil) {
        precondition(firstSequence > 0, "sequences count from 1")
        next = firstSequence
        answered = firstSequence - 1
        let received = min(acknowledged ?? answered, answered)
        granted = Credit(throughSequence: received + SessionLimits.commandWindow, throughByte: SessionLimits.byteWindow)
    }

    /// The outcomes before the first sequence have been sent.
    /// - Returns: the credit to announce, where it is more than was granted.
    mutating func recall() -> Credit? {
        guard granted.throughSequence < answered + SessionLimits.commandWindow else { return nil }
        granted.throughSequence = answered + SessionLimits.commandWindow
        return granted
    }

    var unansweredCount: UInt64 { next - 1 - answered }

    /// Whether the command may come now; changes nothing.
    func refusal(of command: ClientFrame.Command) -> Refusal? {
        guard command.sequence == next else { return .badSequence(expected: next) }
        guard next <= granted.throughSequence, bytesTaken + UInt64(command.frameBytes) <= granted.throughByte else { return .overCredit }
        return nil
    }

    /// - Precondition: ``refusal(of:)`` said nil.
    mutating func register(_ command: ClientFrame.Command) {
        if sizes.isEmpty { sizes = Array(repeating: 0, count: Int(SessionLimits.commandWindow)) }
        sizes[Self.place(next)] = UInt16(command.frameBytes)
        bytesTaken += UInt64(command.frameBytes)
        next += 1
        assert(unansweredCount <= SessionLimits.commandWindow)
    }

    /// The next outcome is this one's.
    func isDue(_ sequence: UInt64) -> Bool { sequence == answered + 1 && unansweredCount > 0 }

    /// - Precondition: ``isDue(_:)``.
    /// - Returns: the credit to announce, when half a window or less is left.
    mutating func answer(_ sequence: UInt64) -> Credit? {
        precondition(isDue(sequence), "outcomes come in the client's order")
        answered = sequence
        bytesAnswered += UInt64(sizes[Self.place(sequence)])
        let low =
            granted.throughSequence - (next - 1) <= SessionLimits.commandWindow / 2 || granted.throughByte - bytesTaken <= SessionLimits.byteWindow / 2
        guard low else { return nil }
        granted = Credit(throughSequence: answered + SessionLimits.commandWindow, throughByte: bytesAnswered + SessionLimits.byteWindow)
        return granted
    }

    private static func place(_ sequence: UInt64) -> Int { Int(sequence % SessionLimits.commandWindow) }
}
