import OrgeWorld

enum LongLiteral: Wrong {
    static var parts: Parts {
        Number.self
        Greet.self
    }

    struct Greeted: Event { var text = Text<8>() }

    struct Greet: Command {
        static func run(_ greet: Greet, _ turn: inout Turn) throws(Refusal) {
            let text: Text<8> = "good morning"  // finding: trap
            try count(UInt64("\(text)".utf8.count), &turn)
        }
    }
}
