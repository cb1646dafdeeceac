import OrgeWorld

enum UndeclaredWrite: Wrong {
    static var parts: Parts {
        Number.self
        Step.self
        Grow.self
    }

    enum Grow: System {
        static var reads: [any Component.Type] { [Number.self] }
        static var writes: [any Component.Type] { [] }
        static func run(_ turn: inout Turn) {
            turn.each { (number: inout Number) in number.value &+= 1 }  // finding: trap
        }
    }
}
