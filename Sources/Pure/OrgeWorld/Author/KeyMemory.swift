/// How long a world remembers the idempotency keys of applied commands, and how many of them.
///
/// A command with a key that its account has used before is not run again: it is answered with the result that was remembered. Refused commands are
/// not remembered. When there is no room for another key the command is refused as ``Refusal/Code/keysFull`` and not run: a key that was taken is
/// never forgotten before its time.
public struct KeyMemory: Equatable, Sendable {
    /// How long a key is remembered after the tick that applied its command, 1...31,622,400 s: in ticks of the declared pace where it is fixed; in any
    /// other world by the log's UTC, which follows the machine's clock, also where that leaps.
    public var seconds: Int
    /// Keys that are remembered at once, 1...4,194,304. Each takes 56 bytes and room for the longest result of the world's commands.
    public var limit: Int
    /// Keys of one account among them, so that no client can use up the others' room.
    public var limitPerAccount: Int

    /// By default a day, 262,144 keys, and 1,024 of one account. The ranges are checked when the world's program starts.
    public init(seconds: Int = 24 * 3_600, limit: Int = 262_144, perAccount limitPerAccount: Int = 1_024) {
        self.seconds = seconds
        self.limit = limit
        self.limitPerAccount = limitPerAccount
    }

    /// A leap year: longer than any client retries.
    static let secondsLimit = 366 * 24 * 3_600
    /// As many as entities.
    static let countLimit = Entity.slotLimit

    /// - Throws: what the author must change.
    func check(_ pace: Pace, readsUTC: Bool) throws(AuthorFault) {
        try demandOfAuthor((1...Self.secondsLimit).contains(seconds), "keyMemory: \(seconds) s; a key is remembered for 1 to \(Self.secondsLimit) s")
        try demandOfAuthor((1...Self.countLimit).contains(limit), "keyMemory: \(limit) keys; a world remembers 1 to \(Self.countLimit)")
        try demandOfAuthor((1...limit).contains(limitPerAccount), "keyMemory: \(limitPerAccount) keys of one account; allowed are 1 to limit, \(limit)")
        try demandOfAuthor(
            pace.hertz != nil || readsUTC,
            "keyMemory: without a fixed pace keys are remembered by the time, so the world must declare `static var readsUTC: Bool { true }`")
    }

    /// How long a key is remembered, in ticks of a fixed pace and otherwise in milliseconds.
    func lifetime(_ pace: Pace) -> UInt64 { UInt64(seconds) * UInt64(pace.hertz ?? 1_000) }
}
