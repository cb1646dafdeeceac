import OrgeSchema
import Testing

@testable import OrgeTerminal

@Suite struct ScreenWriterTests {
    static let texts = ["a", "Ab c", "漢字", "e\u{301}", "z\u{336}\u{337}", "😀", "\u{1b}[2J\u{7}", "👍🏽", "\u{202e}", "  "]

    /// A screen is made from nothing: no glyph is written over another.
    static func screen(_ columns: Int, _ rows: Int, _ random: inout RandomSource) -> Screen {
        var screen = Screen(columns: columns, rows: rows)
        for row in 0..<rows where random.chance(2, outOf: 3) {
            let style = ScreenStyle(rawValue: UInt8(random.below(256)))
            screen.put((0..<random.below(8)).map { _ in texts[random.below(texts.count)] }.joined(), row: row, column: random.below(columns), style: style)
        }
        if random.chance(1, outOf: 2) { screen.setCursor(row: random.below(rows), column: random.below(columns)) }
        return screen
    }

    @Test("A terminal shows each screen after its bytes, and no byte is a control of anyone else", arguments: 0..<40 as Range<UInt64>)
    func shows(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let colours = random.chance(1, outOf: 2)
        var writer = ScreenWriter(colours: colours)
        var (columns, rows) = (1 + random.below(40), 1 + random.below(10))
        var terminal = PlainTerminal(columns: columns, rows: rows)
        for step in 0..<30 {
            if random.chance(1, outOf: 10) {
                (columns, rows) = (1 + random.below(40), 1 + random.below(10))
                terminal = PlainTerminal(columns: columns, rows: rows)
                writer.forget()
            }
            let screen = Self.screen(columns, rows, &random)
            screen.checkInvariants()
            #expect(terminal.take(writer.bytes(for: screen)) == nil, "seed \(seed), step \(step)")
            #expect(terminal.shows(screen, colours: colours), "seed \(seed), step \(step)")
            #expect(writer.bytes(for: screen).isEmpty, "what is shown is not drawn again")
        }
    }

    @Test("Only what differs is drawn")
    func difference() {
        var writer = ScreenWriter(colours: true)
        var screen = Screen(columns: 80, rows: 24)
        for row in 0..<24 { screen.put("some text that stays where it is", row: row, column: 0) }
        #expect(writer.bytes(for: screen).count > 700)
        screen.put("X", row: 5, column: 7)
        let bytes = writer.bytes(for: screen)
        #expect(String(decoding: bytes, as: UTF8.self) == "\u{1b}[?2026h\u{1b}[?25l\u{1b}[6;8H\u{1b}[0mX\u{1b}[?2026l")
    }

    @Test("Without colours the styles that are left still tell a changed value")
    func plain() {
        #expect(ScreenStyle.changed.parameters(colours: false) == "0;4")
        #expect(ScreenStyle.changed.parameters(colours: true) == "0;4;33")
        #expect(ScreenStyle.red.parameters(colours: false) == "0")
    }
}
