import OrgeSchema

@testable import OrgeTerminal

/// A terminal that understands what a ``ScreenWriter`` may say, and nothing else.
struct PlainTerminal {
    struct Cell: Equatable {
        var text = " "
        var style = "0"
    }

    let columns: Int
    let rows: Int
    var cells: [Cell]
    var row = 0
    var column = 0
    var style = "0"
    var isCursorShown = false

    init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
        cells = Array(repeating: Cell(), count: columns * rows)
    }

    /// - Returns: what is wrong with the bytes; nil where they are as they should be.
    mutating func take(_ bytes: [UInt8]) -> String? {
        var rest = Substring(String(decoding: bytes, as: UTF8.self)).unicodeScalars
        while let scalar = rest.popFirst() {
            if scalar == "\u{1b}" {
                guard rest.popFirst() == "[" else { return "a sequence that is none" }
                let parameters = rest.prefix { "0123456789;?".unicodeScalars.contains($0) }
                rest = rest.dropFirst(parameters.count)
                guard let final = rest.popFirst(), obey(final, String(parameters)) else { return "an unknown sequence \(String(parameters))" }
            } else if scalar.isUnprintable {
                return "an unprintable character \(scalar.value)"
            } else if let fault = put(scalar) {
                return fault
            }
        }
        return nil
    }

    private mutating func obey(_ final: Unicode.Scalar, _ parameters: String) -> Bool {
        switch (final, parameters) {
        case ("h", "?2026"), ("l", "?2026"): break
        case ("h", "?25"): isCursorShown = true
        case ("l", "?25"): isCursorShown = false
        case ("J", "2"): cells = Array(repeating: Cell(), count: columns * rows)
        case ("m", _): style = parameters
        case ("H", _):
            let numbers = parameters.split(separator: ";").compactMap { Int($0) }
            guard numbers.count == 2, (1...rows).contains(numbers[0]), (1...columns).contains(numbers[1]) else { return false }
            (row, column) = (numbers[0] - 1, numbers[1] - 1)
        default: return false
        }
        return true
    }

    private mutating func put(_ scalar: Unicode.Scalar) -> String? {
        let width = scalar.columns
        if width == 0 {
            guard column > 0 else { return "a mark at the beginning of a row" }
            let last = cells[row * columns + column - 1].text.isEmpty ? column - 2 : column - 1
            cells[row * columns + last].text.unicodeScalars.append(scalar)
            return nil
        }
        guard column + width <= columns else { return "beyond the end of a row" }
        cells[row * columns + column] = Cell(text: String(scalar), style: style)
        if width == 2 { cells[row * columns + column + 1] = Cell(text: "", style: style) }
        column += width
        return nil
    }

    func shows(_ screen: Screen, colours: Bool) -> Bool {
        guard isCursorShown == (screen.cursor != nil) else { return false }
        if let cursor = screen.cursor, (cursor.row, cursor.column) != (row, column) { return false }
        return zip(cells, screen.cells).allSatisfy { shown, cell in
            // A blank is a blank without colours.
            shown.text == cell.text && (shown.style == cell.style.parameters(colours: colours))
        }
    }
}
