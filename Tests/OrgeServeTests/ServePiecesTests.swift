import OrgeSchema
import Testing

@testable import orge

@Suite("orge serve: pieces") struct ServePiecesTests {
    @Test(
        "A world's name is a letter, then letters, digits, - and _",
        arguments: [
            ("meadow", true), ("A1-b_c", true), (String(repeating: "a", count: 64), true), (String(repeating: "a", count: 65), false), ("", false),
            ("1a", false), ("-a", false), ("a/b", false), ("a b", false), ("..", false), ("é", false), ("a\u{0}", false),
        ])
    func names(name: String, isName: Bool) { #expect(WorldDescription.isName(name) == isName) }

    @Test(
        "Sizes in the status have two or three digits and a binary unit",
        arguments: [
            (0, "0 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (10_239, "9.9 KiB"), (10_240, "10 KiB"), (1_048_575, "1023 KiB"), (1_048_576, "1.0 MiB"),
            (.max, "15 EiB"),
        ] as [(UInt64, String)])
    func sizes(bytes: UInt64, text: String) { #expect(StatusTable.size(bytes) == text) }

    @Test(
        "The table says how long a process has been silent, and what a world waits for",
        arguments: [
            ("ready", 0, nil, "ready"), ("silent", 2_049, nil, "silent 2.0 s"), ("silent", 61_950, nil, "silent 61.9 s"),
            ("ready", 0, "storage", "ready, paused: storage"),
        ] as [(String, Double, String?, String)])
    func states(state: String, silent: Double, paused: String?, text: String) {
        #expect(StatusTable.state(state, silent: silent, paused: paused) == text)
    }

    @Test("A universe is read as it was written, and keeps its numbers")
    func universe() throws {
        var universe = UniverseFile()
        #expect(try universe.number(of: "b") == 1)
        #expect(try universe.number(of: "a") == 2)
        #expect(try universe.number(of: "b") == 1)
        universe["a"].given = String(repeating: "0f", count: 32)
        universe["a"].code = String(repeating: "a1", count: 32)
        #expect(try UniverseFile(universe.file, path: "x") == universe)
        #expect(try UniverseFile(UniverseFile().file, path: "x") == UniverseFile())
    }

    @Test("A universe that has given out its numbers says so")
    func fullUniverse() throws {
        var universe = UniverseFile()
        universe.worlds = [UniverseFile.World(number: 16_383, name: "last")]
        #expect(throws: CommandFailure.self) { try universe.number(of: "one-more") }
        #expect(try universe.number(of: "last") == 16_383)
    }

    @Test(
        "What is no universe is refused",
        arguments: [
            "", "[]", "{", #"{"format":1,"worlds":[]}"#, #"{"format":2,"worlds":[{"number":0,"name":"a"}]}"#,
            #"{"format":2,"worlds":[{"number":1,"name":"../a"}]}"#, #"{"format":2,"worlds":[{"number":70000,"name":"a"}]}"#,
            #"{"format":2,"worlds":[{"number":1,"name":"a","code":"c0de"}]}"#,
        ])
    func damagedUniverse(text: String) { #expect(throws: CommandFailure.self) { try UniverseFile(Array(text.utf8), path: "x") } }

    @Test("JSON is one line, in the order given, with everything escaped that must be")
    func json() {
        let value = JSONValue.object([
            ("b", .string("a\"\\\n\u{1}/é")), ("a", .array([.null, .bool(true), .integer(-3), .count(.max), .milliseconds(1_234_567), .hexadecimal(255)])),
        ])
        #expect(value.text == #"{"b":"a\"\\\n\u0001/é","a":[null,true,-3,18446744073709551615,1.234,"00000000000000ff"]}"#)
    }

    @Test("What a stranger wrote cannot steer a terminal, nor make one line look like another")
    func strangersText() {
        #expect("mind the wäter, 你好 🐑".printable == "mind the wäter, 你好 🐑")
        #expect("\u{1b}]0;owned\u{7}\r\n\u{9b}2J".printable == #"\u{1b}]0;owned\u{7}\u{d}\u{a}\u{9b}2J"#)
        #expect("a\u{202e}b\u{200b}c\u{2028}".printable == #"a\u{202e}b\u{200b}c\u{2028}"#)
        #expect(JSONValue.string("\u{9b}\u{202e}\u{e0041}🐑").text == #""\u009b\u202e\udb40\udc41🐑""#)
        #expect(CommandFailure("bye\u{1b}[2J", remedy: "Try again.").description == "bye\\u{1b}[2J\nTry again.")
    }

    @Test("Lines come whole, long ones in pieces, without what would steer a terminal; the last ones are kept")
    func lines() {
        var buffer = LineBuffer()
        #expect(buffer.receive(Array("one\ntw".utf8)) == ["one"])
        #expect(buffer.receive(Array("o\u{1b}[31m\n".utf8)) == ["two[31m"])
        #expect(buffer.receive([UInt8](repeating: 97, count: 5_000)).map(\.count) == [4_096])
        #expect(buffer.finish()?.count == 904)
        #expect(buffer.finish() == nil)
        for number in 0..<100 { _ = buffer.receive(Array("\(number)\n".utf8)) }
        #expect(buffer.lastWords.split(separator: "\n").map(String.init) == (80..<100).map { "\($0)" })
    }
}
