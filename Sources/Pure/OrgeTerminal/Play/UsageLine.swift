import OrgeSchema

/// Two lines below the log: what can be typed now.
struct UsageLine {
    /// A piece of the line and its style.
    typealias Piece = (text: String, style: ScreenStyle)

    private(set) var pieces: [Piece] = []

    /// - Parameter completion: shows its offers instead.
    init(_ text: String, _ words: WorldWords?, _ completion: Completion?) {
        if let completion, completion.candidates.count > 1 {
            offer(completion)
        } else if let words {
            describe(LineWords(text), words)
        }
    }

    /// The offers from the current one on, so that it is always to be seen.
    private mutating func offer(_ completion: Completion) {
        let begin = max((completion.index ?? 0) - 2, 0)
        for (index, candidate) in completion.candidates.enumerated().dropFirst(begin) {
            pieces.append((candidate.word, index == completion.index ? .reversed : []))
            pieces.append((candidate.note.isEmpty ? "  " : " (\(candidate.note))  ", .dim))
        }
    }

    private mutating func describe(_ line: LineWords, _ words: WorldWords) {
        guard let name = line.finished.first ?? (line.typed.isEmpty ? nil : line.typed) else {
            let names = words.schema.actions.map(\.name) + LocalCommand.allCases.map(\.rawValue)
            return pieces = [(names.joined(separator: "  "), .dim)]
        }
        if let action = words.schema.action(named: name) {
            pieces.append((action.name, .bold))
            for field in action.row.fields { describe(field, line) }
        } else if let local = LocalCommand(name) {
            pieces = [(local.usage, .bold), ("  \(local.meaning)", .dim)]
        } else if line.finished.isEmpty {
            let names = words.candidates(line).map(\.word).filter { $0.hasPrefix(line.typed) }
            pieces = [(names.joined(separator: "  "), .dim)]
        } else {
            pieces = [("there is no command \(name)", .red)]
        }
    }

    /// The field that is being typed stands out; those that are there are dim.
    private mutating func describe(_ field: FieldSchema, _ line: LineWords) {
        let isTyped = line.typed.hasPrefix(field.name + "=")
        let isDone = line.finished.contains { $0.hasPrefix(field.name + "=") }
        pieces.append(("  ", []))
        pieces.append((field.summary, isTyped ? .bold : isDone ? .dim : []))
    }
}
