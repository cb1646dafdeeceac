/// What the client itself can be told. A world's command of the same name comes first; with a slash before it, the client's is meant.
package enum LocalCommand: String, CaseIterable, Sendable {
    case help, columns, only, quit

    /// - Parameter word: with or without a slash.
    init?(_ word: String) { self.init(rawValue: word.hasPrefix("/") ? String(word.dropFirst()) : word) }

    var usage: String {
        switch self {
        case .help: "help [NAME]"
        case .columns: "columns [COMPONENT …]"
        case .only: "only [COMPONENT | FIELD=VALUE …]"
        case .quit: "quit"
        }
    }

    var meaning: String {
        switch self {
        case .help: "this page, or the fields of a command, an intent, an event or a component"
        case .columns: "which components the table has; all of them without a name"
        case .only: "which entities the table has: those with these components and values; all of them without a word"
        case .quit: "leaves the world; so does Ctrl-D on an empty line"
        }
    }
}
