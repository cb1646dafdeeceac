import OrgeSchema

/// Cuts a child's output into lines, and remembers the last ones: they explain a death.
struct LineBuffer {
    /// A longer line is shown in pieces.
    static let lineBytesLimit = 4_096
    /// About a screen; with the line limit it fits a failure message.
    static let lastLinesLimit = 20
    static let lastWordsBytesLimit = 4_096

    private var partial: [UInt8] = []
    private var lastLines: [String] = []

    mutating func receive(_ bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte != 10 { partial.append(byte) }
            if byte == 10 || partial.count >= Self.lineBytesLimit { lines.append(endLine()) }
        }
        return lines
    }

    /// The line that was begun, when no more will come.
    mutating func finish() -> String? { partial.isEmpty ? nil : endLine() }

    var lastWords: String {
        var words = lastLines.joined(separator: "\n")
        while words.utf8.count > Self.lastWordsBytesLimit, let end = words.firstIndex(of: "\n") { words.removeSubrange(...end) }
        return String(words.suffix(Self.lastWordsBytesLimit))
    }

    private mutating func endLine() -> String {
        // A child's line may not steer our terminal.
        let text = String(decoding: partial, as: UTF8.self).unicodeScalars.filter { !$0.isUnprintable || $0 == "\t" }
        let line = String(String.UnicodeScalarView(text))
        partial.removeAll(keepingCapacity: true)
        lastLines.append(line)
        if lastLines.count > Self.lastLinesLimit { lastLines.removeFirst() }
        return line
    }
}
