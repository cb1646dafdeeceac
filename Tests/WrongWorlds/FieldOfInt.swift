import OrgeWorld

enum FieldOfInt: Wrong {
    static var parts: Parts {
        Number.self
        Buy.self  // finding: declaration
    }

    struct Buy: Command {
        var coins: Int = 0
        static func run(_ buy: Buy, _ turn: inout Turn) throws(Refusal) {}
    }
}
