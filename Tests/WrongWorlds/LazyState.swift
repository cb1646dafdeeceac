import OrgeWorld

/// A constant, whose content is made when it is first asked for.
// SAFETY: one thread runs a world.
private final class Memory: @unchecked Sendable {
    private lazy var first: UInt64 = 7
    func next() -> UInt64 {
        first += 1
        return first
    }
}

enum LazyState: Wrong {
    private static let memory = Memory()  // finding: state

    static var parts: Parts {
        Number.self
        Add.self
    }

    struct Add: Command {
        static func run(_ add: Add, _ turn: inout Turn) throws(Refusal) { try count(memory.next(), &turn) }
    }
}
