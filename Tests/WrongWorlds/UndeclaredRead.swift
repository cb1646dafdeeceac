import OrgeWorld

enum UndeclaredRead: Wrong {
    static var parts: Parts {
        Number.self
        Other.self
        Step.self
        Watch.self
    }

    struct Other: Component { var value: UInt64 = 0 }

    enum Watch: System {
        static var writes: [any Component.Type] { [Other.self] }
        static func run(_ turn: inout Turn) {
            turn.each { (number: Number) in precondition(number.value < .max) }  // finding: trap
        }
    }
}
