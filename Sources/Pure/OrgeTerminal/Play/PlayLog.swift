import OrgeSchema

/// The last things that happened, as lines of a pane.
package struct PlayLog: Sendable {
    struct Entry: Sendable {
        var text: String
        var style: ScreenStyle
    }

    private(set) var entries: [Entry] = []
    /// Lines between the newest one and the last that is shown.
    private var back = 0

    mutating func add(_ text: String, _ style: ScreenStyle = []) {
        entries.append(Entry(text: text.cut(toBytes: TerminalLimits.logEntryBytes), style: style))
        // Half at once: removing the first of many for each new one would move all of them.
        if entries.count > TerminalLimits.logEntries * 2 { entries.removeFirst(TerminalLimits.logEntries) }
    }

    mutating func scroll(_ lines: Int) { back = max(back + lines, 0) }

    var isScrolled: Bool { back > 0 }

    /// The lines of a pane of this size, the newest last; a long entry goes on in the next line, by two columns to the right.
    mutating func lines(columns: Int, rows: Int) -> [(glyphs: [Glyph], style: ScreenStyle)] {
        var lines: [(glyphs: [Glyph], style: ScreenStyle)] = []
        for entry in entries.reversed() {
            if lines.count >= back + rows { break }
            lines += entry.text.glyphs().wrapped(columns).reversed().map { ($0, entry.style) }
        }
        back = min(back, max(lines.count - rows, 0))
        return lines.dropFirst(back).prefix(rows).reversed()
    }
}

extension [Glyph] {
    /// Lines of at most so many columns, broken at a space where one is near.
    /// - Parameter indent: spaces before each line but the first.
    func wrapped(_ columns: Int, indent: Int = 2) -> [[Glyph]] {
        var lines: [[Glyph]] = []
        var rest = self[...]
        while true {
            let head = lines.isEmpty ? [] : String(repeating: " ", count: Swift.min(indent, columns / 2)).glyphs()
            var used = head.columns
            let end = rest.firstIndex { glyph in
                used += glyph.columns
                return used > columns
            }
            guard let end else { return lines + [head + rest] }
            // At least one glyph a line, so that this ends.
            let latest = Swift.max(end, rest.startIndex + 1)
            let space = rest[..<latest].lastIndex { $0.text == " " }
            let cut = if let space, latest - space <= columns / 3, space > rest.startIndex { space } else { latest }
            lines.append(head + rest[..<cut])
            rest = rest[cut...]
            if cut == space { rest = rest.dropFirst() }
        }
    }
}
