/// The limits of a terminal client, and their reasons.
package enum TerminalLimits {
    /// The terminal that is enough. A smaller one gets a line that says so.
    package static let leastColumns = 80, leastRows = 24
    /// A terminal that claims to be larger is drawn up to here: a screen of cells takes some megabytes then.
    package static let mostColumns = 500, mostRows = 300
    /// The line being typed, in bytes of UTF-8: no command's fields need more, and what is pasted beyond it is left out.
    package static let lineBytes = 4_096
    /// Lines that Up recalls.
    package static let historyLines = 200
    /// Lines of the log: what was seen a while ago is in the scrollback of no terminal.
    package static let logEntries = 500
    /// Bytes of a log entry: the longest event is 209,000 bytes, and a screen shows some thousand.
    package static let logEntryBytes = 2_000
    /// Offers of a completion. Nobody walks through more with Tab.
    package static let candidates = 200
    /// Marks drawn over one character; a text of thousands of them would fill the neighbouring lines.
    static let marksPerCell = 4
    /// A parameter of an escape sequence that a keyboard sends has fewer bytes.
    static let sequenceBytes = 32
    /// Entities that are put in order by their distance at each refresh, and looked through by a filter; of a larger view only so many, by id.
    package static let orderedEntities = 20_000
    /// Columns of one value in the table, and of a value when room is short.
    static let widestCell = 32, narrowCell = 8
    /// For how long a changed value is marked, in nanoseconds.
    package static let markNanoseconds: UInt64 = 800_000_000
}
