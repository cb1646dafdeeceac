extension String {
    /// The longest prefix of at most `limit` bytes of UTF-8 that ends between Unicode scalars. Messages for people are cut to their limit,
    /// never rejected.
    package func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(startIndex, offsetBy: limit)
        while UTF8.isContinuation(utf8[end]) { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}

extension String {
    /// The text with unprintable characters escaped, safe to print on one line of a terminal. For text from clients, which is not trusted.
    ///
    /// Control characters can move the cursor, change the window's title or make the terminal send input; invisible characters and
    /// bidirectional controls can make one line look like another. They are shown as escapes such as `\u{1b}`.
    package var printable: String {
        guard unicodeScalars.contains(where: \.isUnprintable) else { return self }
        var shown = UnicodeScalarView()
        for scalar in unicodeScalars {
            if scalar.isUnprintable { shown += "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars } else { shown.append(scalar) }
        }
        return String(shown)
    }

    /// The text as a JSON string, unprintable characters escaped.
    package var quotedForJSON: String {
        var quoted = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where scalar.isUnprintable: for unit in String(scalar).utf16 { quoted += "\\u" + UInt64(unit).hexadecimal.suffix(4) }
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension Unicode.Scalar {
    /// Whether the scalar is a control or has no visible form.
    package var isUnprintable: Bool {
        if isASCII { return value < 0x20 || value == 0x7f }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: return true
        default: return false
        }
    }
}

extension Sequence<UInt8> {
    /// Two hexadecimal digits for each byte.
    package var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

extension [UInt8] {
    /// The bytes that so many pairs of hexadecimal digits stand for; nil for what is not that.
    package init?(hexadecimal text: String) {
        let values = text.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
        guard values.count % 2 == 0, !values.contains(nil) else { return nil }
        self = stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0]! << 4 | values[$0 + 1]!) }
    }
}

extension UInt64 {
    /// Sixteen hexadecimal digits: how hashes are shown.
    package var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
