import OrgeWorld

enum EndlessStart: Wrong {
    static var parts: Parts { Number.self }
    static func start(_ turn: inout Turn) {
        while turn.tick == 0 {}  // finding: loop
    }
}
