extension String {
    /// Its longest beginning of at most so many bytes of UTF-8 that ends at a Unicode scalar's end: sentences for people are cut to their
    /// limit, never refused.
    package func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(startIndex, offsetBy: limit)
        while UTF8.isContinuation(utf8[end]) { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}

extension UInt64 {
    /// Sixteen hexadecimal digits: how hashes and code ids are shown.
    package var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
