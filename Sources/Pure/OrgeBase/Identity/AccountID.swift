/// The id of an account: unique in the universe, the same through every edge, and never reused. Names may change, ids do not.
///
/// - Shape: ids with the top bit set are those of guests and follow from their names (``Identity/guest(_:)``); the others are given by the identity
///   service. 0 is no account.
public struct AccountID: BitwiseCopyable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// All 64 bits.
    public let raw: UInt64

    /// The bit that tells the ids of guests from all others.
    static let guestBit: UInt64 = 1 << 63

    /// Any number is accepted: whether an account has it is not checked.
    @inlinable public init(raw: UInt64) { self.raw = raw }

    /// Whether it follows from a name that anybody may use, because no identity service has vouched for it.
    public var isGuest: Bool { raw & Self.guestBit != 0 }

    @inlinable public static func < (a: AccountID, b: AccountID) -> Bool { a.raw < b.raw }

    /// Sixteen hexadecimal digits.
    public var description: String { raw.hexadecimal }
}
