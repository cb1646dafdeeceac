import OrgeWorld

enum ExampleTooLong: Wrong {
    static var parts: Parts {
        Number.self
        Say.self  // finding: declaration
    }

    struct Say: Command {
        var word = Text<4>()
        static var fields: [FieldRule<Self>] { [.examples(\.word, "hello")] }
        static func run(_ say: Say, _ turn: inout Turn) throws(Refusal) {}
    }
}
