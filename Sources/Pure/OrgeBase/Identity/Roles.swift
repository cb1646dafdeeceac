/// What an account may be treated as, beside being a player: a set of at most 32 roles.
public struct Roles: OptionSet, BitwiseCopyable, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// An identity without proof: any client may use the name.
    public static let guest = Roles(rawValue: 1 << 0)
}
