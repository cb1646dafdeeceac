import OrgeSchema
import Testing

@testable import OrgeTerminal

@Suite struct GlyphTests {
    @Test("Characters have the columns that terminals give them")
    func widths() {
        for (text, columns) in [
            ("abc", 3), ("é", 1), ("e\u{301}", 1), ("漢字", 4), ("ｶﾅ", 2), ("カナ", 4), ("한국", 4), ("ᄒ\u{1161}\u{11ab}", 2), ("😀", 2), ("👍🏽", 2), ("❤\u{fe0f}", 1),
            ("🇩🇪", 2),
            ("…", 1), ("ﬁ", 1), ("\u{3000}", 2), ("\u{1b}", 6), ("\u{202e}", 8),
        ] {
            #expect(text.columns == columns, "\(text.debugDescription)")
            #expect(text.glyphs().columns == columns, "\(text.debugDescription)")
        }
    }

    @Test("No text reaches a cell as a control, an invisible character or a pile of marks")
    func hostile() {
        #expect("\u{1b}[2J\u{7}\u{9b}31m".glyphs().map(\.text).joined() == "\\u{1b}[2J\\u{7}\\u{9b}31m")
        #expect("a\u{202e}b\u{200b}c".glyphs().map(\.text).joined() == "a\\u{202e}b\\u{200b}c")
        let pile = "z" + String(repeating: "\u{336}", count: 500)
        #expect(pile.glyphs().map { $0.text.unicodeScalars.count } == [1 + TerminalLimits.marksPerCell])
        #expect("\u{301}a".glyphs().map(\.text) == ["a"], "a mark without a character to stand on")
    }

    @Test("A text that is too wide is cut between glyphs, and says so")
    func fitted() {
        func fitted(_ text: String, _ width: Int) -> String { text.fitted(to: width).map(\.text).joined() }
        #expect(fitted("hello", 5) == "hello")
        #expect(fitted("hello", 4) == "hel…")
        #expect(fitted("漢字漢", 5) == "漢字…")
        #expect(fitted("漢字漢", 4) == "漢…")
        #expect(fitted("a", 0) == "")
        #expect(fitted("漢", 1) == "…")
    }

    @Test("Lines are broken at spaces where one is near, and nothing is lost")
    func wrapped() {
        func wrapped(_ text: String, _ width: Int) -> [String] { text.glyphs().wrapped(width).map { $0.map(\.text).joined() } }
        #expect(wrapped("short", 10) == ["short"])
        #expect(wrapped("one two three four", 10) == ["one two", "  three", "  four"])
        #expect(wrapped("abcdefghijklm", 10) == ["abcdefghij", "  klm"])
        var random = RandomSource(seed: 7)
        for _ in 0..<200 {
            let text = (0..<random.below(60)).map { _ in ["a", "漢", " ", "\u{1b}"][random.below(4)] }.joined()
            let width = random.within(6...30)
            let lines = text.glyphs().wrapped(width)
            #expect(lines.allSatisfy { $0.columns <= width }, "\(text.debugDescription) in \(width)")
            let kept = lines.joined().map(\.text).joined().filter { $0 != " " }
            #expect(kept == text.glyphs().map(\.text).joined().filter { $0 != " " })
        }
    }
}
