/// What Swift's runtime and its backtracer print about the end of a process.
struct Backtrace: Equatable {
    struct Frame: Equatable {
        var file: String
        var line: Int
    }

    /// Why: the message of a fatal error, or the runtime's words. Nil where neither was printed.
    private(set) var reason: String?
    /// With a source line, innermost first.
    private(set) var frames: [Frame] = []

    init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            if let frame = Self.frame(line) { frames.append(frame) }
            guard reason == nil else { continue }
            reason = Self.text(after: "Fatal error: ", in: line) ?? Self.text(after: "Swift runtime failure: ", in: line)
        }
    }

    /// `  1 [ra] 0x… closure #1 in static Add.run(_:_:) + 88 in faulty at /folder/Faulty.swift:110:59`
    private static func frame(_ line: Substring) -> Frame? {
        guard let number = line.split(separator: " ").first, number.allSatisfy(\.isNumber), let place = text(after: " at /", in: line) else { return nil }
        let parts = place.split(separator: ":")
        guard parts.count >= 2, let row = Int(parts[1]), row > 0 else { return nil }
        return Frame(file: "/" + parts[0], line: row)
    }

    /// Without the stars that the backtracer puts around a heading, and without the module that a frame ends with.
    private static func text(after mark: String, in line: Substring) -> String? {
        guard let range = line.firstRange(of: mark) else { return nil }
        var text = line[range.upperBound...]
        if let end = text.firstRange(of: " ***") { text = text[..<end.lowerBound] }
        if mark.hasPrefix("Swift"), let end = text.firstRange(of: " in ") { text = text[..<end.lowerBound] }
        return String(text)
    }

    /// The innermost frame of code that is the author's, of what runs inside the world's program: its `main` is not to blame.
    ///
    /// A process that was sent a signal at the first instructions of a function may lack the frame of that function's caller.
    func place(_ sources: AuthorSources) -> Finding.Place? {
        frames.prefix { !$0.file.hasSuffix(Self.worldProgram) }.lazy.compactMap { sources.place($0.file, $0.line) }.first
    }

    private static let worldProgram = "/OrgeHostProcess/Program/WorldProgram.swift"
}
