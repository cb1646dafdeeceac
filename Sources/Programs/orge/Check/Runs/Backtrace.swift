/// What Swift's runtime and its backtracer print about the end of a process.
struct Backtrace {
    struct Frame: Equatable {
        /// Absolute.
        var file: String
        /// Nil: the instruction belongs to the file and to no line of it, as compilers leave some.
        var line: Int?
        /// Of the instruction.
        var address: UInt64
    }

    /// Why: the message of a fatal error, or the runtime's words. Nil where neither was printed.
    private(set) var reason: String?
    /// With a source file, innermost first.
    private(set) var frames: [Frame] = []
    /// Where executables and libraries were loaded.
    private var images: [(addresses: Range<UInt64>, path: Substring)] = []

    init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            if let frame = Self.frame(line) { frames.append(frame) }
            if let image = Self.image(line) { images.append(image) }
            guard reason == nil else { continue }
            reason = Self.text(after: "Fatal error: ", in: line) ?? Self.text(after: "Swift runtime failure: ", in: line)
        }
    }

    /// `  1 [ra] 0x… closure #1 in static Add.run(_:_:) + 88 in faulty at /folder/Faulty.swift:110:59`
    private static func frame(_ line: Substring) -> Frame? {
        let words = line.split(separator: " ")
        guard let number = words.first, number.allSatisfy(\.isNumber), let place = text(after: " at /", in: line) else { return nil }
        guard let address = words.lazy.compactMap(address).first else { return nil }
        let parts = place.split(separator: ":")
        guard let file = parts.first else { return nil }
        let row = parts.count > 1 ? Int(parts[1]) : nil
        return Frame(file: "/" + file, line: row == 0 ? nil : row, address: address)
    }

    /// `0x000056195403b000–0x0000561954596180 2e30b0… tally /folder/tally`
    private static func image(_ line: Substring) -> (addresses: Range<UInt64>, path: Substring)? {
        let words = line.split(separator: " ", maxSplits: 3)
        guard words.count == 4 else { return nil }
        let ends = words[0].split(separator: "–").compactMap(address)
        guard ends.count == 2, ends[0] < ends[1] else { return nil }
        return (ends[0]..<ends[1], words[3])
    }

    private static func address(_ word: Substring) -> UInt64? { word.hasPrefix("0x") ? UInt64(word.dropFirst(2), radix: 16) : nil }

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
    func place(_ sources: AuthorSources, _ lines: ExecutableLines) -> Finding.Place? {
        frames.prefix { !$0.file.hasSuffix(Self.worldProgram) }.lazy.compactMap { frame in
            guard sources.contains(frame.file) else { return nil }
            return (frame.line ?? line(after: frame, lines)).map { sources.place(frame.file, $0) }
        }.first
    }

    /// The line that runs next where an instruction has none.
    private func line(after frame: Frame, _ lines: ExecutableLines) -> Int? {
        guard let image = images.first(where: { $0.addresses.contains(frame.address) && lines.isOf($0.path) }) else { return nil }
        return lines.line(after: frame.address - image.addresses.lowerBound, in: frame.file)
    }

    private static let worldProgram = "/OrgeHostProcess/Program/WorldProgram.swift"
}
