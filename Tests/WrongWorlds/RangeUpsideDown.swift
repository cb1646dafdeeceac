import OrgeWorld

enum RangeUpsideDown: Wrong {
    static var parts: Parts {
        Number.self
        Buy.self
    }

    private static var least: Int32 { 5 }

    struct Buy: Command {
        var coins: Int32 = 0
        static var fields: [FieldRule<Self>] { [.range(\.coins, least...(-least))] }  // finding: trap
        static func run(_ buy: Buy, _ turn: inout Turn) throws(Refusal) {}
    }
}
