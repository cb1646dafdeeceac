import OrgeSchema

/// A line being typed, and the cursor in it.
package struct LineEditor: Equatable, Sendable {
    package private(set) var characters: [Character] = []
    /// The character that the cursor stands on; the count of characters at the line's end.
    package private(set) var cursor = 0
    /// What was cut last, for Ctrl-Y.
    private var cut: [Character] = []

    package init() {}

    package var text: String { String(characters) }
    package var textBeforeCursor: String { String(characters[..<cursor]) }
    package var isEmpty: Bool { characters.isEmpty }

    /// Makes this the line, with the cursor at its end.
    package mutating func set(_ text: String) {
        characters = []
        cursor = 0
        insert(text)
    }

    /// Replaces what stands between a character and the cursor.
    package mutating func replace(from start: Int, with text: String) {
        let after = characters[cursor...]
        characters = Array(characters[..<start] + after)
        cursor = start
        insert(text)
    }

    /// Inserts at the cursor. Line ends and tabs become spaces, other characters without a visible form are left out, and so is what a line has no room for.
    package mutating func insert(_ text: String) {
        var before = textBeforeCursor
        let after = String(characters[cursor...])
        var room = TerminalLimits.lineBytes - before.utf8.count - after.utf8.count
        for scalar in text.unicodeScalars {
            let isSpace = scalar == "\n" || scalar == "\r" || scalar == "\t"
            if scalar.isUnprintable && !isSpace { continue }
            let kept = isSpace ? " " : scalar
            room -= UTF8.width(kept)
            if room < 0 { break }
            before.unicodeScalars.append(kept)
        }
        characters = Array(before + after)
        // A mark at the beginning of what follows has joined the character before it.
        cursor = min(before.count, characters.count)
    }

    /// - Returns: false for a key that edits no line.
    package mutating func handle(_ key: Key) -> Bool {
        switch key {
        case .scalar(let scalar): insert(String(scalar))
        case .pasted(let text): insert(text)
        case .backspace, .control("h"): remove(max(cursor - 1, 0)..<cursor)
        case .delete, .control("d"): remove(cursor..<min(cursor + 1, characters.count))
        case .left, .control("b"): cursor = max(cursor - 1, 0)
        case .right, .control("f"): cursor = min(cursor + 1, characters.count)
        case .home, .control("a"): cursor = 0
        case .end, .control("e"): cursor = characters.count
        case .wordLeft: cursor = startOfWord
        case .wordRight: cursor = endOfWord
        case .control("u"): kill(0..<cursor)
        case .control("k"): kill(cursor..<characters.count)
        case .control("w"): kill(startOfWord..<cursor)
        case .control("y"): insert(String(cut))
        default: return false
        }
        return true
    }

    private mutating func remove(_ range: Range<Int>) {
        // Joined again from text: what now stands side by side may be one character.
        let before = String(characters[..<range.lowerBound])
        characters = Array(before + String(characters[range.upperBound...]))
        cursor = min(before.count, characters.count)
    }

    private mutating func kill(_ range: Range<Int>) {
        if !range.isEmpty { cut = Array(characters[range]) }
        remove(range)
    }

    private var startOfWord: Int {
        var index = cursor
        while index > 0, characters[index - 1] == " " { index -= 1 }
        while index > 0, characters[index - 1] != " " { index -= 1 }
        return index
    }

    private var endOfWord: Int {
        var index = cursor
        while index < characters.count, characters[index] == " " { index += 1 }
        while index < characters.count, characters[index] != " " { index += 1 }
        return index
    }

    package func checkInvariants() {
        precondition((0...characters.count).contains(cursor), "the cursor is in the line")
        precondition(text.utf8.count <= TerminalLimits.lineBytes, "the line is within its limit")
        precondition(!text.unicodeScalars.contains(where: \.isUnprintable), "the line is printable")
    }
}
