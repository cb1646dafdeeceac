/// A line up to its cursor, cut into words as `typedWords` cuts it, of which the last one is being typed.
struct LineWords: Equatable {
    /// The words before the last one, without their quotes.
    private(set) var finished: [String] = []
    /// The last word as it is typed, with its quotes; empty after a space.
    private(set) var typed = ""
    /// The index of its first character in the line.
    private(set) var start = 0

    init(_ text: String) {
        var plain = ""
        var (isQuoted, isEscaped) = (false, false)
        for (index, character) in text.enumerated() {
            if character == " ", !isQuoted {
                if !typed.isEmpty { finished.append(plain) }
                (typed, plain, start) = ("", "", index + 1)
                continue
            }
            typed.append(character)
            if isEscaped {
                plain.append(character)
                isEscaped = false
            } else if character == "\\", isQuoted {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else {
                plain.append(character)
            }
        }
    }
}
