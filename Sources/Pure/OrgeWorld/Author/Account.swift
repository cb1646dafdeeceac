/// The account that controls an avatar.
public struct Account: Equatable, Sendable {
    public var name: String

    public init(name: String) { self.name = name }
}
