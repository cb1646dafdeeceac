import OrgeWorld

enum TrapAtStart: Wrong {
    static var parts: Parts { Number.self }
    static func start(_ turn: inout Turn) {
        let numbers: [Int] = []
        precondition(numbers[turn.entityCount] == 0)  // finding: trap
    }
}
