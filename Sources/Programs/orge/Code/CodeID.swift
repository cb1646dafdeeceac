/// Names code: the SHA-256 of an executable's bytes, as 64 hexadecimal digits.
struct CodeID: Equatable, CustomStringConvertible {
    let text: String

    /// nil for what is no such name.
    init?(_ text: some StringProtocol) {
        let isDigest = text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        guard isDigest else { return nil }
        self.text = String(text)
    }

    var description: String { text }

    /// Enough of it for people.
    var short: String { String(text.prefix(12)) }
}
