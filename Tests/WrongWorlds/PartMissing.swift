import OrgeWorld

enum PartMissing: Wrong {
    static var parts: Parts {
        Number.self
        Grow.self  // finding: declaration
    }

    struct Height: Component { var metres: Int32 = 0 }

    enum Grow: System {
        static var writes: [any Component.Type] { [Height.self] }
        static func run(_ turn: inout Turn) {}
    }
}
