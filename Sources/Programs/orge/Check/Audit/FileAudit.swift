/// What is found in one file of an author's, from what its lines need.
struct FileAudit {
    let place: (_ line: Int) -> Finding.Place?
    private let lines: [Substring]
    private let comments: AllowComments
    private var findings: [Finding] = []
    /// The further lines of each finding.
    private var further: [[Int]] = []
    private(set) var allowed: [Finding] = []

    /// - Parameter text: of the file.
    init(_ text: String, place: @escaping (_ line: Int) -> Finding.Place?) {
        self.place = place
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        comments = AllowComments(lines)
        for line in comments.unclear {
            let kinds = AllowComments.kinds.map(\.rawValue).joined(separator: ", ")
            append(Finding(.declaration, at: place(line), "`// orge:allow KIND: REASON` takes one of \(kinds), and a reason"))
        }
    }

    /// A line needs what a world may not use. Further lines of the file that need the same are told with the first.
    mutating func add(_ match: ForbiddenSymbols.Match, line: Int) {
        let words = "\(match.name): \(match.kind.why)"
        if comments.allows(match.kind, line) { return allow(Finding(match.kind, at: place(line), words)) }
        guard let known = findings.firstIndex(where: { $0.message == words }) else { return append(Finding(match.kind, at: place(line), words)) }
        let first = findings[known].place?.line ?? line
        guard line != first, !further[known].contains(line) else { return }
        further[known].append(max(line, first))
        findings[known].place = place(min(line, first))
    }

    /// A global or static property.
    /// - Parameter whatChanges: of a constant, why its value can change all the same.
    mutating func add(_ variable: GlobalVariable, whatChanges: String?) {
        guard let declaration = variable.declaration(lines), declaration.isVariable || whatChanges != nil else { return }
        let what = declaration.isVariable ? "a variable outside the rows" : "a constant whose value can change, \(whatChanges ?? "")"
        let finding = Finding(.state, at: place(declaration.line), "\(what): \(Finding.Kind.state.why)")
        if comments.allows(.state, declaration.line) || comments.allows(.state, variable.line) { allow(finding) } else { append(finding) }
    }

    /// A part that its world does not list.
    mutating func add(_ part: UnlistedParts.Missing, line: Int) {
        let finding = Finding(.declaration, at: place(line), part.message)
        if comments.allows(.declaration, line) { allow(finding) } else { append(finding) }
    }

    /// The line that declares a type, or extends it.
    /// - Parameter names: that lead to the type, the outermost first; a nested one is looked for after the type around it.
    func line(declaring names: some Collection<String>) -> Int? {
        var index = 0
        for name in names {
            guard let found = lines[index...].firstIndex(where: { Self.declares(name, $0) }) else { return nil }
            index = found
        }
        return index + 1
    }

    private static func declares(_ name: String, _ line: Substring) -> Bool {
        let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
        let words = code.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
        return zip(words, words.dropFirst()).contains { ["struct", "enum", "class", "extension"].contains($0) && $1 == name }
    }

    /// Foundation is imported and nothing of it is used.
    mutating func addImports() {
        for (index, line) in lines.enumerated() where !findings.contains(where: { $0.kind == .foundation }) {
            let words = line.prefix { $0 != "/" }.split(separator: " ")
            guard let at = words.firstIndex(of: "import"), at + 1 < words.count, words[at + 1].hasPrefix("Foundation") else { continue }
            add(ForbiddenSymbols.Match(kind: .foundation, name: "import \(words[at + 1])"), line: index + 1)
        }
    }

    /// In order of their lines.
    var result: [Finding] {
        zip(findings, further).map { finding, lines in
            guard !lines.isEmpty else { return finding }
            var whole = finding
            whole.message += " (also \(lines.count == 1 ? "line" : "lines") \(lines.sorted().map(String.init).joined(separator: ", ")))"
            return whole
        }.sorted { ($0.place?.line ?? 0) < ($1.place?.line ?? 0) }
    }

    private mutating func append(_ finding: Finding) {
        guard !findings.contains(finding) else { return }
        findings.append(finding)
        further.append([])
    }

    private mutating func allow(_ finding: Finding) {
        if !allowed.contains(finding) { allowed.append(finding) }
    }
}

extension Finding.Kind {
    /// Why a world may not use it, and what it uses instead.
    var why: String {
        switch self {
        case .clock: "a tick sees no clock; count ticks (turn.tick), or declare readsUTC and use turn.utcMilliseconds"
        case .foundation: "Foundation reads clocks, files and locales; a world does without"
        case .threads: "a tick runs on one thread, from its beginning to its end"
        case .randomness: "differs from run to run; draw from the turn (turn.random(in:))"
        case .unordered: "its order differs from run to run; use an array"
        case .state: "a restart loses it; keep it in a component"
        case .input: "a tick reads and writes nothing but rows"
        case .float: "its last digit differs between machines; + - * / and squareRoot() do not"
        case .declaration, .trap, .loop, .output, .difference: ""
        }
    }
}
