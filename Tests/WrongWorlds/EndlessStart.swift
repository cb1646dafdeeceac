import OrgeWorld

enum EndlessStart: Wrong {
    static var parts: Parts { Number.self }
    static func start(_ turn: inout Turn) {
        var number: UInt64 = 1
        while number != 0 { number |= 1 }  // finding: loop
    }
}
