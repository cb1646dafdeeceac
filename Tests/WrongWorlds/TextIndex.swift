import OrgeWorld

enum TextIndex: Wrong {
    static var parts: Parts {
        Number.self
        Say.self
    }

    struct Say: Command {
        var text = Text<40>()
        static func run(_ say: Say, _ turn: inout Turn) throws(Refusal) {
            try count(UInt64(Array(String(describing: say.text).utf8)[0]), &turn)  // finding: trap
        }
    }
}
