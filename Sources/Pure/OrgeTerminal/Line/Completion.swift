/// What Tab may put in place of the word being typed.
package struct Completion: Equatable, Sendable {
    package struct Candidate: Equatable, Sendable {
        /// The whole word, quoted where it must be.
        package var word: String
        /// What it is, for people.
        package var note = ""
        /// What follows the word when it is the only one: a space, or nothing after `field=`.
        package var ending = " "
    }

    /// The index of the word's first character in the line.
    package let start: Int
    package let candidates: [Candidate]
    /// The one that stands in the line; nil while only what all have in common does.
    package private(set) var index: Int?

    /// - Parameter typed: the word as it stands.
    init(_ words: LineWords, among all: [Candidate]) {
        start = words.start
        candidates = Array(all.lazy.filter { $0.word.begins(with: words.typed) }.prefix(TerminalLimits.candidates))
    }

    /// What all candidates begin with.
    var commonPrefix: String {
        guard var common = candidates.first?.word else { return "" }
        for candidate in candidates.dropFirst() {
            common = String(zip(common, candidate.word).prefix { $0 == $1 }.map(\.0))
        }
        return common
    }

    /// Goes to the next candidate, or to the one before.
    mutating func step(_ distance: Int) -> Candidate {
        let next = index.map { $0 + distance } ?? (distance > 0 ? 0 : -1)
        let index = ((next % candidates.count) + candidates.count) % candidates.count
        self.index = index
        return candidates[index]
    }
}

extension String {
    /// Whether what is typed is the beginning of the word, also without the quotes that the word has: `text=what` of `text="what a day"`.
    fileprivate func begins(with typed: String) -> Bool {
        hasPrefix(typed) || contains("\"") && filter { $0 != "\"" }.hasPrefix(typed)
    }
}
