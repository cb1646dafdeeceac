import OrgeWorld

enum NameTwice: Wrong {
    static var parts: Parts {
        Number.self
        Step.self
        Stride.self  // finding: declaration
    }

    struct Stride: Command {
        static var name: String { "step" }
        static func run(_ stride: Stride, _ turn: inout Turn) throws(Refusal) {}
    }
}
