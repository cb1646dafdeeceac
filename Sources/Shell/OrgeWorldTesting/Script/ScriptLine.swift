import OrgeSchema

/// A line of a script as text.
///
///     join ada
///     ada transfer to=1:1.1 amount=250
///     ada transfer to=1:1.1 amount=250 --key 0123456789abcdef0123456789abcdef
///     disconnect ada
///     leave ada
///     tick
///     tick 20
///
/// What stands after the account's name is what `orge call` takes; an intent is written likewise. Empty lines and lines that begin with `#` say nothing.
enum ScriptLine: Equatable {
    case join(String)
    case leave(String)
    case disconnect(String)
    case tick(Int)
    /// A command or an intent.
    case sent(String, name: String, fields: [String], key: IdempotencyKey?)

    /// Ticks that one line may ask for: a mistyped number is not to run for hours.
    private static let tickLimit = 1_000_000

    /// - Returns: nil for a line that says nothing.
    static func parse(_ line: Substring) throws(ScriptError) -> ScriptLine? {
        guard let words = typedWords(String(line)) else { throw ScriptError("a quote is not closed: \(line)") }
        guard let first = words.first, !first.hasPrefix("#") else { return nil }
        switch (first, words.count) {
        case ("join", 2): return .join(words[1])
        case ("leave", 2): return .leave(words[1])
        case ("disconnect", 2): return .disconnect(words[1])
        case ("tick", 1): return .tick(1)
        case ("tick", 2):
            guard let count = Int(words[1]), (1...tickLimit).contains(count) else {
                throw ScriptError("\"\(words[1])\" is no number of ticks, 1 to \(tickLimit)")
            }
            return .tick(count)
        case (_, 2...): return try sent(words)
        default: throw ScriptError("\"\(line)\" is no line of a script: join, leave, disconnect, tick, or an account and a command")
        }
    }

    private static func sent(_ words: [String]) throws(ScriptError) -> ScriptLine {
        guard let option = words.firstIndex(of: "--key") else { return .sent(words[0], name: words[1], fields: Array(words[2...]), key: nil) }
        guard option == words.count - 2, let key = IdempotencyKey(hexadecimal: words[option + 1]) else {
            throw ScriptError("--key stands last, with 32 hexadecimal digits after it")
        }
        return .sent(words[0], name: words[1], fields: Array(words[2..<option]), key: key)
    }
}

/// Why a script cannot be run: a sentence.
struct ScriptError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
