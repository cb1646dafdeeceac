/// What an author allows, in a file's comments: `// orge:allow KIND: REASON` on the line in question or on the line before.
struct AllowComments {
    private static let mark = "orge:allow"

    /// Kinds of findings in code, which a comment can allow; of the declaration's the parts that are not listed.
    static let kinds: [Finding.Kind] = [.clock, .foundation, .threads, .randomness, .unordered, .state, .input, .float, .declaration]

    private var allowed: [(line: Int, kind: Finding.Kind)] = []
    /// Lines of comments that allow nothing: without a known kind, or without a reason.
    private(set) var unclear: [Int] = []

    init(_ lines: [Substring]) {
        for (index, line) in lines.enumerated() {
            guard let comment = line.firstRange(of: "//"), let range = line[comment.upperBound...].firstRange(of: Self.mark) else { continue }
            let parts = line[range.upperBound...].split(separator: ":", maxSplits: 1)
            let words = parts.map { $0.drop { $0 == " " } }
            if words.count == 2, !words[1].isEmpty, let kind = Self.kinds.first(where: { $0.rawValue == words[0] }) {
                allowed.append((index + 1, kind))
            } else {
                unclear.append(index + 1)
            }
        }
    }

    func allows(_ kind: Finding.Kind, _ line: Int) -> Bool { allowed.contains { $0.kind == kind && ($0.line == line || $0.line + 1 == line) } }
}
