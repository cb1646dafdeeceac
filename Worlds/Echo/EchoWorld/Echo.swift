public import OrgeWorld

/// Answers every command with its own text. The benchmarks use it to measure a tick with next to no world code.
public enum EchoWorld: World {
    public static let name = "echo"
    public static let version: UInt16 = 1
    public static let pace = Pace.onDemand

    public static var parts: Parts {
        Echo.self
    }

    public static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
}

/// Returns its text.
public struct Echo: Command {
    public var text = Text<32>()

    public init() {}

    public static func run(_ echo: Echo, _ turn: inout Turn) throws(Refusal) -> Echoed { Echoed(text: echo.text) }
}

public struct Echoed: Record {
    public var text = Text<32>()

    public init() {}
    init(text: Text<32>) { self.text = text }
}
