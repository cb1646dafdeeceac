package import NIOCore

/// How a client comes back after it has lost its connection: section 12 of `docs/protocol.md`.
package struct ReturnPolicy: Sendable {
    /// How long it tries. By default as long as a server remembers outcomes, twice.
    package var patience = TimeAmount.seconds(120)

    package init() {}

    package init(patience: TimeAmount) { self.patience = patience }

    /// Without an answer for so long, a ping being due, the connection is lost.
    static let silence = TimeAmount.seconds(20)
    /// The first pause is short: most lost connections are made again at once.
    private static let firstMilliseconds: UInt64 = 100
    /// Milliseconds of the later pauses; the last one repeats.
    private static let pauses: [UInt64] = [250, 500, 1_000, 2_000, 5_000]

    /// The pause before an attempt, a random part of which keeps the clients of a lost server apart.
    /// - Parameters:
    ///   - attempt: 0 for the first one.
    ///   - least: what the server asked for, in milliseconds.
    static func pause(before attempt: Int, least: UInt32, _ random: inout some RandomNumberGenerator) -> TimeAmount {
        let whole = attempt == 0 ? firstMilliseconds : pauses[min(attempt, pauses.count) - 1]
        let part = attempt == 0 ? UInt64.random(in: 0...whole, using: &random) : whole - UInt64.random(in: 0...whole / 2, using: &random)
        return .milliseconds(Int64(max(part, UInt64(least))))
    }
}

/// A client without a connection that tries to come back.
struct Returning {
    let since: NIODeadline
    var attempts = 0
    var next: Scheduled<Void>?
}
