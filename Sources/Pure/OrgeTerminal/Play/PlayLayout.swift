/// Which rows of the terminal show what: status, head of the table, table, a bar, log, two lines of usage, the line being typed.
struct PlayLayout: Equatable {
    let columns: Int
    let rows: Int

    init(_ size: (columns: Int, rows: Int)) {
        columns = size.columns
        rows = size.rows
    }

    /// Nothing but a sentence fits.
    var isTooSmall: Bool { columns < TerminalLimits.leastColumns || rows < TerminalLimits.leastRows }

    private var shared: Int { max(rows - 7, 2) }
    var tableRows: Int { max(shared * 3 / 5, 1) }
    var logRows: Int { max(shared - tableRows, 1) }
    /// Of a page in place of table and log, with the table's head.
    private var pageRows: Int { max(rows - 4, 1) }
    /// Of those the last one says how to go on.
    var pageLines: Int { max(pageRows - 1, 1) }
    var pageEnd: Int { pageRows }

    var firstTableRow: Int { 3 }
    var bar: Int { firstTableRow + tableRows }
    var firstLogRow: Int { bar + 1 }
    var usage: Int { rows - 3 }
    var prompt: Int { rows - 1 }
}
