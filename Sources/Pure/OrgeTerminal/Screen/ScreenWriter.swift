/// Turns screens into the bytes that make a terminal show them: of each screen only what differs from the one before.
///
/// Every place is named absolutely, and again after each glyph whose columns terminals might not agree on; nothing depends on wrapping, tabs or scrolling.
package struct ScreenWriter: Sendable {
    private let colours: Bool
    /// nil when what the terminal shows is not known.
    private var shown: Screen?

    /// - Parameter colours: false keeps bold, dim, underlined and reversed alone.
    package init(colours: Bool) { self.colours = colours }

    /// The whole screen is drawn next time: the terminal was resized, or something else has written on it.
    package mutating func forget() { shown = nil }

    /// - Returns: nothing where the terminal shows this screen already.
    package mutating func bytes(for screen: Screen) -> [UInt8] {
        let base: Screen? = if let shown, shown.rows == screen.rows, shown.columns == screen.columns { shown } else { nil }
        guard base != screen else { return [] }
        var stream = Stream(colours: colours)
        if base == nil { stream.clear() }
        for row in 0..<screen.rows { stream.draw(row: row, of: screen, over: base) }
        stream.place(screen.cursor)
        shown = screen
        return Array((Self.begin + stream.text + Self.end).utf8)
    }

    /// Shows what lies between them at once, where the terminal knows how (synchronized output, private mode 2026); others ignore it.
    private static let begin = "\u{1b}[?2026h\u{1b}[?25l", end = "\u{1b}[?2026l"

    /// The other screen of the terminal, without wrapping, with pasted text marked as such.
    package static let enter = "\u{1b}[?1049h\u{1b}[?7l\u{1b}[?2004h\u{1b}[0m\u{1b}[2J"
    /// Back to what was there before.
    package static let leave = "\u{1b}[?2026l\u{1b}[0m\u{1b}[?2004l\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l"
}

/// Bytes under construction, with where the terminal's cursor stands and which style it has, as far as is known.
private struct Stream {
    let colours: Bool
    var text = ""
    private var at: (row: Int, column: Int)?
    private var style: ScreenStyle?

    init(colours: Bool) { self.colours = colours }

    mutating func clear() {
        text += "\u{1b}[0m\u{1b}[2J"
        style = []
    }

    mutating func draw(row: Int, of screen: Screen, over base: Screen?) {
        var column = 0
        while column < screen.columns {
            let width = column + 1 < screen.columns && screen[row, column + 1].text.isEmpty ? 2 : 1
            defer { column += width }
            // A cleared screen is blank already.
            if (column..<column + width).allSatisfy({ (base?[row, $0] ?? .blank) == screen[row, $0] }) { continue }
            draw(screen[row, column], row: row, column: column)
        }
    }

    private mutating func draw(_ cell: Screen.Cell, row: Int, column: Int) {
        if at?.row != row || at?.column != column { move(row, column) }
        if style != cell.style {
            text += "\u{1b}[\(cell.style.parameters(colours: colours))m"
            style = cell.style
        }
        text += cell.text
        let isSimple = cell.text.utf8.count == 1
        at = isSimple ? (row, column + 1) : nil
    }

    mutating func place(_ cursor: (row: Int, column: Int)?) {
        guard let cursor else { return }
        move(cursor.row, cursor.column)
        text += "\u{1b}[?25h"
    }

    private mutating func move(_ row: Int, _ column: Int) {
        text += "\u{1b}[\(row + 1);\(column + 1)H"
        at = (row, column)
    }
}
