import OrgeSchema

/// What a terminal shows: cells in rows, and where the cursor stands.
package struct Screen: Equatable, Sendable {
    package struct Cell: Equatable, Sendable {
        /// Empty in the second column of a wide glyph.
        package var text = " "
        package var style: ScreenStyle = []

        static let blank = Cell()
    }

    package let columns: Int
    package let rows: Int
    package private(set) var cells: ContiguousArray<Cell>
    /// nil: the cursor is hidden.
    package private(set) var cursor: (row: Int, column: Int)?

    /// A blank screen.
    package init(columns: Int, rows: Int) {
        precondition((1...TerminalLimits.mostColumns).contains(columns) && (1...TerminalLimits.mostRows).contains(rows), "no size of a screen")
        self.columns = columns
        self.rows = rows
        cells = ContiguousArray(repeating: .blank, count: columns * rows)
    }

    package static func == (a: Screen, b: Screen) -> Bool {
        a.columns == b.columns && a.rows == b.rows && a.cells == b.cells && a.cursor?.row == b.cursor?.row && a.cursor?.column == b.cursor?.column
    }

    package subscript(row: Int, column: Int) -> Cell { cells[row * columns + column] }

    /// A row's text, without blanks at its end.
    package func text(row: Int) -> String {
        let text = cells[row * columns..<(row + 1) * columns].map(\.text).joined()
        return String(text.reversed().drop { $0 == " " }.reversed())
    }

    /// Writes glyphs from a column on, as far as the row reaches.
    /// - Returns: the column after the last one.
    @discardableResult
    package mutating func put(_ glyphs: [Glyph], row: Int, column: Int, style: ScreenStyle = []) -> Int {
        guard (0..<rows).contains(row), column >= 0 else { return column }
        var column = column
        for glyph in glyphs {
            guard column + glyph.columns <= columns else { break }
            cells[row * columns + column] = Cell(text: glyph.text, style: style)
            if glyph.columns == 2 { cells[row * columns + column + 1] = Cell(text: "", style: style) }
            column += glyph.columns
        }
        return column
    }

    /// Writes a text, cut with `…` to `width` columns and to the end of the row.
    @discardableResult
    package mutating func put(_ text: String, row: Int, column: Int, width: Int = .max, style: ScreenStyle = []) -> Int {
        let room = min(width, columns - column)
        return room > 0 ? put(text.fitted(to: room), row: row, column: column, style: style) : column
    }

    /// Gives the whole row a style.
    package mutating func paint(row: Int, style: ScreenStyle) {
        for index in row * columns..<(row + 1) * columns { cells[index].style.formUnion(style) }
    }

    /// Shows the cursor.
    package mutating func setCursor(row: Int, column: Int) { cursor = (min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)) }

    /// One structure, one truth: each wide glyph has its second column, and nothing unprintable is held.
    package func checkInvariants() {
        precondition(cells.count == rows * columns, "a cell for each place")
        for row in 0..<rows {
            for column in 0..<columns {
                let cell = self[row, column]
                guard let first = cell.text.unicodeScalars.first else {
                    precondition(column > 0 && self[row, column - 1].text.columns == 2, "a second column without its first")
                    continue
                }
                precondition(!cell.text.unicodeScalars.contains(where: \.isUnprintable), "a cell is printable")
                precondition(first.columns < 2 || column + 1 < columns && self[row, column + 1].text.isEmpty, "a wide glyph has two cells")
            }
        }
    }
}
