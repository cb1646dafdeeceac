import OrgeSchema
import Testing

@testable import orge

@Suite("JSON with lines") struct JSONNodeTests {
    /// Draws a document and writes it down with random space, noting the line of every value.
    private struct Writer {
        var random: RandomSource
        var text = ""
        var line = 1

        mutating func write(_ part: String) {
            text += part
            line += part.utf8.count { $0 == 10 }
        }

        mutating func space() { for _ in 0..<random.below(3) { write([" ", "\t", "\n", "\r\n"][random.below(4)]) } }

        mutating func string() -> String {
            let parts = ["a", "é", "🐑", "\"", "\\", "\n", "\u{1}", "/", "b c", "\u{10ffff}"]
            return (0..<random.below(6)).map { _ in parts[random.below(parts.count)] }.joined()
        }

        mutating func node(depth: Int) -> JSONNode {
            space()
            let start = line
            let value = value(depth: depth)
            space()
            return JSONNode(line: start, value: value)
        }

        private mutating func value(depth: Int) -> JSONNode.Value {
            switch random.below(depth > 0 ? 8 : 6) {
            case 0: return leaf("null", .null)
            case 1: return leaf("true", .bool(true))
            case 2: return leaf("false", .bool(false))
            case 3:
                let number = Int(truncatingIfNeeded: random.next()) >> random.below(64)
                return leaf("\(number)", .integer(number))
            case 4:
                let number = ["-0.5", "1e3", "12.50E-2", "9223372036854775808"][random.below(4)]
                return leaf(number, .number(number))
            case 5:
                let string = string()
                return leaf(string.quotedForJSON, .string(string))
            case 6: return .array(elements(depth))
            default: return .object(members(depth))
            }
        }

        private mutating func leaf(_ text: String, _ value: JSONNode.Value) -> JSONNode.Value {
            write(text)
            return value
        }

        private mutating func elements(_ depth: Int) -> [JSONNode] {
            write("[")
            var nodes: [JSONNode] = []
            for index in 0..<random.below(4) {
                if index > 0 { write(",") }
                nodes.append(node(depth: depth - 1))
            }
            if nodes.isEmpty { space() }
            write("]")
            return nodes
        }

        private mutating func members(_ depth: Int) -> [JSONNode.Member] {
            write("{")
            var members: [JSONNode.Member] = []
            for index in 0..<random.below(4) {
                if index > 0 { write(",") }
                space()
                let (start, key) = (line, string())
                write(key.quotedForJSON)
                space()
                write(":")
                members.append(JSONNode.Member(line: start, key: key, node: node(depth: depth - 1)))
            }
            if members.isEmpty { space() }
            write("}")
            return members
        }
    }

    @Test("A document is read as it was written, each value with its line; no prefix of it is one, and no byte changed in it crashes")
    func roundTrip() throws {
        for seed in 0..<500 {
            var writer = Writer(random: RandomSource(seed: UInt64(seed)))
            var root = writer.node(depth: 4)
            while true {
                if case .object = root.value { break }
                if case .array = root.value { break }
                writer = Writer(random: writer.random)
                root = writer.node(depth: 4)
            }
            let bytes = Array(writer.text.utf8)
            #expect(try JSONParser.parse(bytes) == root, "seed \(seed): \(writer.text)")
            let end = bytes.lastIndex { $0 == UInt8(ascii: "}") || $0 == UInt8(ascii: "]") }!
            for length in 0..<end where length % 7 == seed % 7 {
                #expect(throws: JSONFault.self, "seed \(seed), \(length) bytes") { try JSONParser.parse(Array(bytes[..<length])) }
            }
            for _ in 0..<20 {
                var damaged = bytes
                damaged[writer.random.below(damaged.count)] = UInt8(writer.random.below(256))
                _ = try? JSONParser.parse(damaged)
            }
        }
    }

    @Test(
        "What is no JSON is refused in its line",
        arguments: [
            ("{\"a\" 1}", 1, "a colon is expected after \"a\""), ("{\n'a': 1}", 2, "a key in double quotes is expected"),
            ("[1\n2]", 2, "a comma or ] is expected"), ("{\"a\": 1\n\"b\": 2}", 2, "a comma or } is expected"),
            ("// x\n{}", 1, "a value is expected"), ("{} {}", 1, "more text follows the end of the document"),
            ("[01]", 1, "a number has no digits, or a zero before them"), ("[-]", 1, "a number has no digits, or a zero before them"),
            ("[1.]", 1, "a number has no digits after its point"), ("[1e]", 1, "a number has no digits in its exponent"),
            ("[NaN]", 1, "a value is expected"), ("[\"a\nb\"]", 1, "a string is not closed on its line"),
            ("[\"\\x\"]", 1, "a string has an unknown escape"), (#"["\ud800"]"#, 1, "a string has half a surrogate pair"),
            (#"["\ud800\u0041"]"#, 1, "a string has half a surrogate pair"), (#"["\u00g0"]"#, 1, "four hexadecimal digits are expected after \\u"),
            (String(repeating: "[", count: 17), 1, "values are nested more than 16 deep"), ("[\"a", 1, "the text ends within a string"),
        ])
    func faults(text: String, line: Int, fault: String) {
        #expect(throws: JSONFault(line: line, text: fault)) { try JSONParser.parse(Array(text.utf8)) }
    }

    @Test("Escapes are undone, bytes that are no UTF-8 refused in their line")
    func bytes() throws {
        #expect(try JSONParser.parse(Array(#""\ud83d\udc11\u00e9\b\f\n\r\t\/\\\"""#.utf8)).value == .string("🐑é\u{8}\u{c}\n\r\t/\\\""))
        #expect(throws: JSONFault(line: 2, text: "the text is not UTF-8")) { try JSONParser.parse(Array("[\n".utf8) + [0xff, 0x5d]) }
    }
}
