import OrgeSchema

/// A JSON document that knows its lines, for messages about a file that people write.
struct JSONNode: Equatable {
    /// Where it begins, from 1.
    var line: Int
    var value: Value

    enum Value: Equatable {
        case null
        case bool(Bool)
        case integer(Int)
        /// Any other number, as it was written.
        case number(String)
        case string(String)
        case array([JSONNode])
        /// In the order in which they stand; a key may stand twice.
        case object([Member])
    }

    struct Member: Equatable {
        var line: Int
        var key: String
        var node: JSONNode
    }

    /// With its article, for "is …".
    var typeText: String {
        switch value {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// Why a text is no JSON.
struct JSONFault: Error, Equatable {
    var line: Int
    var text: String
}

/// Reads JSON as RFC 8259 has it: no comments, no comma after the last element.
struct JSONParser {
    /// Nested values: four times what `orge.json` has.
    static let depthLimit = 16

    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var depth = 0

    static func parse(_ bytes: [UInt8]) throws(JSONFault) -> JSONNode {
        // No byte of a longer character is a line feed.
        let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
        if let bad = lines.firstIndex(where: { String(validating: $0, as: UTF8.self) == nil }) { throw JSONFault(line: bad + 1, text: "the text is not UTF-8") }
        var parser = JSONParser(bytes)
        let node = try parser.node()
        parser.skipSpace()
        guard parser.next == nil else { throw parser.fault("more text follows the end of the document") }
        return node
    }

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private func fault(_ text: String) -> JSONFault { JSONFault(line: line, text: text) }

    private mutating func skipSpace() {
        while let byte = next, byte == 32 || byte == 9 || byte == 10 || byte == 13 {
            if byte == 10 { line += 1 }
            index += 1
        }
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func node() throws(JSONFault) -> JSONNode {
        skipSpace()
        let start = line
        guard let byte = next else { throw fault("the text ends where a value is expected") }
        switch byte {
        case UInt8(ascii: "{"): return JSONNode(line: start, value: .object(try nested { parser throws(JSONFault) in try parser.members() }))
        case UInt8(ascii: "["): return JSONNode(line: start, value: .array(try nested { parser throws(JSONFault) in try parser.elements() }))
        case UInt8(ascii: "\""): return JSONNode(line: start, value: .string(try string()))
        case UInt8(ascii: "-"), 48...57: return JSONNode(line: start, value: try number())
        default: return JSONNode(line: start, value: try word())
        }
    }

    private mutating func nested<Result>(_ body: (inout JSONParser) throws(JSONFault) -> Result) throws(JSONFault) -> Result {
        depth += 1
        guard depth <= Self.depthLimit else { throw fault("values are nested more than \(Self.depthLimit) deep") }
        index += 1
        let result = try body(&self)
        depth -= 1
        return result
    }

    private mutating func members() throws(JSONFault) -> [JSONNode.Member] {
        var members: [JSONNode.Member] = []
        if skip("}") { return members }
        repeat {
            skipSpace()
            let start = line
            guard next == UInt8(ascii: "\"") else { throw fault("a key in double quotes is expected") }
            let key = try string()
            guard skip(":") else { throw fault("a colon is expected after \(key.quotedForJSON)") }
            members.append(JSONNode.Member(line: start, key: key, node: try node()))
        } while skip(",")
        guard skip("}") else { throw fault("a comma or } is expected") }
        return members
    }

    private mutating func elements() throws(JSONFault) -> [JSONNode] {
        var elements: [JSONNode] = []
        if skip("]") { return elements }
        repeat { elements.append(try node()) } while skip(",")
        guard skip("]") else { throw fault("a comma or ] is expected") }
        return elements
    }

    private mutating func word() throws(JSONFault) -> JSONNode.Value {
        for (word, value) in [("true", JSONNode.Value.bool(true)), ("false", .bool(false)), ("null", .null)] where bytes[index...].starts(with: word.utf8) {
            index += word.utf8.count
            return value
        }
        throw fault("a value is expected")
    }
}

extension JSONParser {
    private mutating func digits() -> Int {
        let start = index
        while let byte = next, (48...57).contains(byte) { index += 1 }
        return index - start
    }

    private mutating func number() throws(JSONFault) -> JSONNode.Value {
        let start = index
        if next == UInt8(ascii: "-") { index += 1 }
        let first = next
        let count = digits()
        guard count > 0, count == 1 || first != 48 else { throw fault("a number has no digits, or a zero before them") }
        var isInteger = true
        if next == UInt8(ascii: ".") {
            (isInteger, index) = (false, index + 1)
            guard digits() > 0 else { throw fault("a number has no digits after its point") }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            (isInteger, index) = (false, index + 1)
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { index += 1 }
            guard digits() > 0 else { throw fault("a number has no digits in its exponent") }
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isInteger, let integer = Int(text) { return .integer(integer) }
        return .number(text)
    }

    private mutating func string() throws(JSONFault) -> String {
        index += 1
        var text: [UInt8] = []
        while let byte = next, byte != UInt8(ascii: "\"") {
            guard byte >= 32 else { throw fault("a string is not closed on its line") }
            index += 1
            if byte == UInt8(ascii: "\\") { text += Array(String(Character(try escaped())).utf8) } else { text.append(byte) }
        }
        guard next != nil else { throw fault("the text ends within a string") }
        index += 1
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func escaped() throws(JSONFault) -> Unicode.Scalar {
        guard let byte = next else { throw fault("the text ends within a string") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try escapedScalar()
        default: throw fault("a string has an unknown escape")
        }
    }

    private mutating func escapedScalar() throws(JSONFault) -> Unicode.Scalar {
        let high = try hexadecimalUnit()
        guard (0xd800..<0xdc00).contains(high), bytes[index...].starts(with: #"\u"#.utf8) else { return try scalar(high) }
        index += 2
        let low = try hexadecimalUnit()
        guard (0xdc00..<0xe000).contains(low) else { throw fault("a string has half a surrogate pair") }
        return try scalar(0x10000 + (high - 0xd800) << 10 + (low - 0xdc00))
    }

    private func scalar(_ number: UInt32) throws(JSONFault) -> Unicode.Scalar {
        guard let scalar = Unicode.Scalar(number) else { throw fault("a string has half a surrogate pair") }
        return scalar
    }

    private mutating func hexadecimalUnit() throws(JSONFault) -> UInt32 {
        let digits = bytes[index...].prefix(4)
        let isHexadecimal = digits.count == 4 && digits.allSatisfy { (48...57).contains($0) || (97...102).contains($0 | 0x20) }
        guard isHexadecimal, let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16) else {
            throw fault("four hexadecimal digits are expected after \\u")
        }
        index += 4
        return unit
    }
}
