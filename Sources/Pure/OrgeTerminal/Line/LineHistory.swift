/// The lines that were typed, for Up and Down.
package struct LineHistory: Equatable, Sendable {
    private var lines: [String] = []
    /// The line that is shown; the count of lines when it is none of them.
    private var shown = 0
    /// What was typed before the first Up.
    private var draft = ""

    package init() {}

    /// Remembers a line, unless it is the one before.
    package mutating func add(_ line: String) {
        if lines.last != line { lines.append(line) }
        if lines.count > TerminalLimits.historyLines { lines.removeFirst() }
        shown = lines.count
        draft = ""
    }

    /// - Parameter line: as it stands now.
    /// - Returns: the line before it; nil at the oldest one.
    package mutating func older(than line: String) -> String? {
        guard shown > 0 else { return nil }
        if shown == lines.count { draft = line }
        shown -= 1
        return lines[shown]
    }

    /// - Returns: the line after it, at last what was typed before the first Up; nil then.
    package mutating func newer() -> String? {
        guard shown < lines.count else { return nil }
        shown += 1
        return shown == lines.count ? draft : lines[shown]
    }
}
