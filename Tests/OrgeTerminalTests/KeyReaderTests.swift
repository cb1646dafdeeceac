import OrgeSchema
import Testing

@testable import OrgeTerminal

@Suite struct KeyReaderTests {
    static func keys(_ bytes: some Sequence<UInt8>) -> [Key] {
        var reader = KeyReader()
        return bytes.compactMap { reader.read($0) }
    }

    @Test("Keys come out of the bytes that terminals send for them")
    func keys() {
        let sent: [(String, [Key])] = [
            ("a", [.scalar("a")]), ("é€😀", [.scalar("é"), .scalar("€"), .scalar("😀")]), ("\r", [.enter]), ("\t", [.tab]), ("\u{7f}", [.backspace]),
            ("\u{1b}[A\u{1b}OB", [.up, .down]), ("\u{1b}[C\u{1b}[D", [.right, .left]), ("\u{1b}[1;5C\u{1b}[1;3D", [.wordRight, .wordLeft]),
            ("\u{1b}[H\u{1b}[F\u{1b}[1~\u{1b}[4~\u{1b}OH", [.home, .end, .home, .end, .home]), ("\u{1b}[3~", [.delete]), ("\u{1b}[Z", [.backTab]),
            ("\u{1b}[5~\u{1b}[6~\u{1b}[5;2~\u{1b}[6;3~", [.pageUp, .pageDown, .otherPageUp, .otherPageDown]), ("\u{1b}bx", [.wordLeft, .scalar("x")]),
            ("\u{1}\u{c}", [.control("a"), .control("l")]), ("\u{1b}\u{1b}[A", [.escape, .up]),
            ("\u{1b}[200~to=1\n2\u{1b}[201~x", [.pasted("to=1\n2"), .scalar("x")]),
        ]
        for (bytes, keys) in sent { #expect(Self.keys(bytes.utf8) == keys, "\(bytes.debugDescription)") }
    }

    @Test("What is no character and no known sequence is skipped, and the next key is read")
    func nonsense() {
        #expect(Self.keys([0xff, 0xc0, 0x80, 0x61]) == [.scalar("a")])
        #expect(Self.keys([0xe2, 0x82, 0x61]) == [.scalar("a")])
        #expect(Self.keys([0xed, 0xa0, 0x80, 0x61]) == [.scalar("a")], "a surrogate")
        #expect(Self.keys([0xf4, 0x90, 0x80, 0x80, 0x61]) == [.scalar("a")], "beyond Unicode")
        #expect(Self.keys([0xe0, 0x80, 0xaf, 0x61]) == [.scalar("a")], "longer than it need be")
        #expect(Self.keys("\u{1b}[99;98;97xa".utf8) == [.scalar("a")])
        #expect(Self.keys("\u{1b}[".utf8 + [UInt8](repeating: 0x31, count: 10_000) + "~a".utf8) == [.scalar("a")])
    }

    @Test("An escape alone is a key after a while, and a paste without an end does not swallow the keyboard")
    func silence() {
        var reader = KeyReader()
        #expect(reader.read(0x1b) == nil)
        #expect(reader.isWaiting)
        #expect(reader.silence(milliseconds: 10) == nil)
        #expect(reader.silence(milliseconds: 60) == .escape)
        for byte in "\u{1b}[200~abc".utf8 { #expect(reader.read(byte) == nil) }
        #expect(reader.silence(milliseconds: 60) == nil)
        #expect(reader.silence(milliseconds: 2_000) == .pasted("abc"))
        #expect(reader.read(0x61) == .scalar("a"))
        #expect(!reader.isWaiting)
    }

    @Test("A paste of any length is cut, and its end is found")
    func longPaste() {
        let keys = Self.keys("\u{1b}[200~".utf8 + [UInt8](repeating: 0x61, count: 20_000) + "\u{1b}[201~b".utf8)
        #expect(keys == [.pasted(String(repeating: "a", count: TerminalLimits.lineBytes)), .scalar("b")])
    }
}
