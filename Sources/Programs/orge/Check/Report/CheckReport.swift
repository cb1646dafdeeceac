import OrgeSchema

/// What was found in one world, and what was looked at.
struct CheckReport {
    /// The product or the executable.
    let program: String
    private(set) var findings: [Finding] = []
    /// What an author allowed by a comment; see ``AllowComments``.
    var allowed: [Finding] = []
    /// What could not be looked at, and why: sentences.
    var notes: [String] = []
    /// Nil where the declaration could not be read, or has a mistake.
    var declaration: DeclarationDocument?
    /// Of the runs.
    var seeds = 0
    var ticks = 0
    /// Files of the author's modules.
    var auditedFiles = 0

    init(_ program: String) { self.program = program }

    /// Adds what is not known yet. The same mistake found by ten seeds is one finding.
    mutating func add(_ finding: Finding) {
        if finding.kind == .loop, let known = findings.firstIndex(where: { $0.kind == .loop && $0.subject == finding.subject && $0.place == nil }) {
            findings[known].place = finding.place
        }
        guard !isKnown(finding) else { return }
        findings.append(finding)
    }

    /// A trap is told once for each place, a loop once for each command or system, and that it prints once: the values that led there differ from seed to
    /// seed. A difference between two runs is told only where nothing else was found that explains it.
    private func isKnown(_ finding: Finding) -> Bool {
        switch finding.kind {
        case .loop: findings.contains { $0.kind == .loop && $0.subject == finding.subject }
        case .trap: findings.contains { $0.kind == .trap && $0.place == finding.place && ($0.place != nil || $0.subject == finding.subject) }
        case .output: findings.contains { $0.kind == .output }
        case .difference: findings.contains { $0.kind == .difference || $0.kind.makesDifference }
        default: findings.contains(finding)
        }
    }
}

extension Finding.Kind {
    /// Whether two runs of the same inputs may differ because of it.
    fileprivate var makesDifference: Bool {
        switch self {
        case .clock, .foundation, .threads, .randomness, .unordered, .state, .input: true
        case .declaration, .float, .trap, .loop, .output, .difference: false
        }
    }
}

extension CheckReport {
    var json: JSONValue {
        .object([
            ("program", .string(program)), ("declaration", declaration?.json ?? .null), ("files", .integer(auditedFiles)), ("seeds", .integer(seeds)),
            ("ticks", .integer(ticks)), ("allowed", .array(allowed.map { $0.json(program) })), ("notes", .array(notes.map(JSONValue.string))),
        ])
    }

    /// What was looked at, in one line.
    var summary: String {
        var parts: [String] = []
        if let declaration { parts.append("\(declaration.schema.commands.count) commands and \(declaration.systems.count) systems") }
        if auditedFiles > 0 { parts.append("\(auditedFiles) files") }
        if seeds > 0 { parts.append("\(ticks) ticks from \(seeds) seeds, each twice") }
        if !allowed.isEmpty { parts.append("\(allowed.count) allowed") }
        let verdict = findings.isEmpty ? "no findings" : "\(findings.count) \(findings.count == 1 ? "finding" : "findings")"
        return "\(program): \(verdict)\(parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))")"
    }
}
