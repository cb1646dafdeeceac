import OrgeSchema
import Testing

@testable import OrgeTerminal

@Suite struct LineEditorTests {
    /// The text with `|` where the cursor is.
    static func line(after typed: String, from start: String = "") -> String {
        var editor = LineEditor()
        editor.set(start)
        var reader = KeyReader()
        for byte in typed.utf8 {
            if let key = reader.read(byte) { _ = editor.handle(key) }
            editor.checkInvariants()
        }
        return editor.textBeforeCursor + "|" + editor.text.dropFirst(editor.cursor)
    }

    @Test("Keys edit the line as in a shell")
    func keys() {
        #expect(Self.line(after: "say\u{1b}[D\u{1b}[DX") == "sX|ay")
        #expect(Self.line(after: "\u{1}X\u{5}Y", from: "say") == "XsayY|")
        #expect(Self.line(after: "\u{7f}\u{7f}", from: "say") == "s|")
        #expect(Self.line(after: "\u{1b}[H\u{1b}[3~", from: "say") == "|ay")
        #expect(Self.line(after: "\u{17}", from: "give to=1 amount=2") == "give to=1 |")
        #expect(Self.line(after: "\u{17}\u{17}\u{19}", from: "give to=1 amount=2") == "give to=1 |", "Ctrl-Y puts back what was cut last")
        #expect(Self.line(after: "\u{1b}[D\u{1b}[D\u{b}", from: "give") == "gi|")
        #expect(Self.line(after: "\u{1b}[D\u{1b}[D\u{15}", from: "give") == "|ve")
        #expect(Self.line(after: "\u{1b}b\u{1b}bX\u{1b}fY", from: "give to amount") == "give XtoY| amount")
    }

    @Test("A character of several scalars is one step of the cursor")
    func characters() {
        #expect(Self.line(after: "e\u{301}x\u{1b}[D\u{1b}[D!") == "!|e\u{301}x")
        #expect(Self.line(after: "\u{7f}", from: "ae\u{301}") == "a|")
        #expect(Self.line(after: "\u{1b}[D\u{301}", from: "ab") == "a\u{301}|b")
    }

    @Test("What has no visible form does not get into the line")
    func unprintable() {
        #expect(Self.line(after: "\u{1b}[200~a\u{1b}[31mb\u{202e}c\u{0}\nd\u{1b}[201~") == "a[31mbc d|")
    }

    @Test("A line has a limit in bytes")
    func limit() {
        var editor = LineEditor()
        editor.insert(String(repeating: "é", count: TerminalLimits.lineBytes))
        #expect(editor.text.utf8.count == TerminalLimits.lineBytes)
        _ = editor.handle(.scalar("x"))
        #expect(editor.text.utf8.count == TerminalLimits.lineBytes)
    }

    @Test("Up and Down walk through what was typed, and come back to what was being typed")
    func history() {
        var history = LineHistory()
        for line in ["one", "two", "two", "three"] { history.add(line) }
        #expect(history.older(than: "draft") == "three")
        #expect(history.older(than: "three") == "two")
        #expect(history.older(than: "two") == "one")
        #expect(history.older(than: "one") == nil)
        #expect(history.newer() == "two")
        #expect(history.newer() == "three")
        #expect(history.newer() == "draft")
        #expect(history.newer() == nil)
        for number in 0..<TerminalLimits.historyLines * 2 { history.add("\(number)") }
        var count = 0
        while history.older(than: "") != nil { count += 1 }
        #expect(count == TerminalLimits.historyLines)
    }

    @Test("Whatever is typed, the cursor is in the line", arguments: 0..<50 as Range<UInt64>)
    func anything(seed: UInt64) {
        var random = RandomSource(seed: seed)
        var editor = LineEditor()
        for _ in 0..<400 {
            _ = editor.handle(Self.key(&random))
            editor.checkInvariants()
        }
    }

    static func key(_ random: inout RandomSource) -> Key {
        let scalars: [Unicode.Scalar] = [
            "a", " ", "\"", "\\", "=", "é", "\u{301}", "漢", "😀", "\u{1f3fd}", "\u{200d}", "\u{fe0f}", "\u{1b}", "\u{0}", "ᄀ", "ᅡ", "🇩", "🇪",
        ]
        let others: [Key] = [
            .enter, .tab, .backTab, .escape, .backspace, .delete, .left, .right, .up, .down, .home, .end, .wordLeft, .wordRight, .pageUp, .pageDown,
            .otherPageUp, .otherPageDown, .pasted("x\u{301}\n\u{1b}[2J漢 字"), .control("a"), .control("u"), .control("k"), .control("w"), .control("y"),
            .control("l"),
        ]
        return random.chance(2, outOf: 3) ? .scalar(scalars[random.below(scalars.count)]) : others[random.below(others.count)]
    }
}
