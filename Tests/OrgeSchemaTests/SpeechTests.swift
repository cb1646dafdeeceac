import Testing

@testable import OrgeSchema

@Suite("Generated speech") struct SpeechTests {
    @Test("it is made of words, fits its text, and is empty only where it may be", arguments: 0..<200)
    func words(seed: UInt64) {
        var random = RandomSource(seed: seed)
        for high in 0...60 {
            let low = random.below(2)
            let text = Speech.text(atLeast: low, atMost: high, &random)
            #expect(text.utf8.count <= high)
            #expect(!text.isEmpty || low == 0 || high == 0)
            let parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            // Only a first word may be cut, and only where no whole one fits.
            if let first = parts.first, !text.isEmpty { #expect(Speech.words.contains { $0 == first || parts.count == 1 && isCut(first, of: $0) }) }
            for word in parts.dropFirst() { #expect(Speech.words.contains(word)) }
        }
    }

    private func isCut(_ text: String, of word: String) -> Bool { text.unicodeScalars.count < word.unicodeScalars.count && word.first == text.first }

    @Test("a seed gives the same again, seeds differ, and letters of one, two and three bytes come up")
    func seeds() {
        func speech(_ seed: UInt64) -> [String] {
            var random = RandomSource(seed: seed)
            return (0..<500).map { _ in Speech.text(atLeast: 1, atMost: 40, &random) }
        }
        #expect(speech(1) == speech(1) && speech(1) != speech(2))
        for bytes in 1...3 { #expect(speech(1).contains { $0.unicodeScalars.contains { $0.utf8.count == bytes } }) }
    }

    @Test("a generator's rows hold such speech, or an example where there are some")
    func generator() {
        let free = FieldSchema("text", .text(capacity: 30))
        var generator = CommandGenerator(schema: WorldSchema(name: "w", version: 1, tickMicroseconds: 0), seed: 3)
        var texts: [String] = []
        for _ in 0..<100 {
            var reader = ByteReader(generator.row(RowLayout([free])))
            if case .text(let text)? = (try? RowLayout([free]).decode(&reader))?.first { texts.append(text) }
        }
        #expect(texts.count == 100)
        #expect(texts.allSatisfy { $0.isEmpty || Speech.words.contains(String($0.split(separator: " ")[0])) })
    }
}
