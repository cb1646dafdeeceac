import OrgeWorld

enum PeriodOfZero: Wrong {
    static var parts: Parts {
        Number.self
        Never.self  // finding: declaration
    }

    enum Never: System {
        static var period: Int { 0 }
        static var writes: [any Component.Type] { [Number.self] }
        static func run(_ turn: inout Turn) {}
    }
}
