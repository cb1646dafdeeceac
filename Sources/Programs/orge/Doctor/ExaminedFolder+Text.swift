import OrgeJournal

/// The report, for people and for scripts.
extension ExaminedFolder {
    /// - Parameter repaired: the folder into which was written what can be saved.
    func lines(repaired: String?) -> [String] {
        var lines: [String] = []
        if isInUse { lines.append("A server is at work on this folder: its newest records may look damaged while they are written.") }
        if let universeFailure { lines.append("universe.json: \(universeFailure)") }
        for world in worlds { lines += Self.lines(world, repaired: repaired) }
        if isWhole { lines.append("Nothing is wrong.") }
        return lines
    }

    private static func lines(_ world: World, repaired: String?) -> [String] {
        var lines = ["world \(world.name)"]
        if let failure = world.failure { return lines + ["  cannot be read: \(failure)"] }
        guard let journal = world.journal else { return lines }
        lines.append(
            "  \(journal.images.count) whole images\(ticks(journal.images.map(\.tick))), \(journal.segmentCount) segments, last tick \(journal.lastTick)")
        lines += journal.findings.map { "  DAMAGED \($0)" }
        lines += journal.remarks.map { "  \($0)" }
        lines += world.code.map { "  code \($0.id.prefix(12)): \($0.state)" }
        lines.append("  " + (journal.refusal.map { "a start refuses: \($0.message)" } ?? "a start goes on from it"))
        guard !journal.isWhole || repaired != nil else { return lines }
        return lines + rescueLines(world, journal, repaired).map { "  \($0)" }
    }

    private static func ticks(_ ticks: [UInt64]) -> String { ticks.isEmpty ? "" : " (ticks \(ticks.map(String.init).joined(separator: ", ")))" }

    private static func rescueLines(_ world: World, _ journal: JournalExamination, _ repaired: String?) -> [String] {
        guard let rescue = journal.rescue else { return ["nothing can be saved"] }
        let source = rescue.imageTick == 0 ? "from the beginning" : "from the image of tick \(rescue.imageTick)"
        let history = rescue.recordsAfter == 0 ? "with the whole history" : "with the history after tick \(rescue.recordsAfter)"
        let what = "through tick \(rescue.through), \(source), \(history)"
        var lines = [repaired.map { "saved into \($0) \(what)" } ?? "can be saved \(what): orge doctor … --repair NEWDIR"]
        if let lost = world.lostTicks { lines.append("LOST: ticks \(lost.lowerBound) to \(lost.upperBound), which the files name and do not hold whole") }
        return lines
    }

    /// - Parameter saved: whether every world was saved; nil when that was not asked for.
    func document(saved: Bool?) -> JSONValue {
        .object([
            ("ok", .bool(isWhole)), ("in_use", .bool(isInUse)), ("universe", universeFailure.map(JSONValue.string) ?? .null),
            ("saved", saved.map(JSONValue.bool) ?? .null), ("worlds", .array(worlds.map(Self.document))),
        ])
    }

    private static func document(_ world: World) -> JSONValue {
        let journal = world.journal
        let findings = (journal?.findings ?? []).map { finding in
            JSONValue.object([
                ("file", finding.path.map { .string("\($0)") } ?? .null), ("offset", finding.offset.map(JSONValue.integer) ?? .null),
                ("message", .string(finding.message)),
            ])
        }
        let rescue = journal?.rescue.map { rescue in
            JSONValue.object([
                ("through", .count(rescue.through)), ("image", .count(rescue.imageTick)), ("history_after", .count(rescue.recordsAfter)),
            ])
        }
        let lost = world.lostTicks.map { JSONValue.object([("first", .count($0.lowerBound)), ("last", .count($0.upperBound))]) }
        return .object([
            ("name", .string(world.name)), ("ok", .bool(world.isWhole)),
            ("start", (world.failure ?? journal?.refusal?.message).map(JSONValue.string) ?? .null), ("findings", .array(findings)),
            ("remarks", .array((journal?.remarks ?? []).map(JSONValue.string))), ("images", .array((journal?.images ?? []).map { .count($0.tick) })),
            ("segments", .integer(journal?.segmentCount ?? 0)), ("last_tick", .count(journal?.lastTick ?? 0)), ("can_save", rescue ?? .null),
            ("lost", lost ?? .null),
            (
                "code",
                .array(world.code.map { .object([("hash", .string($0.id)), ("ok", .bool($0.isFine)), ("state", .string($0.state))]) })
            ),
        ])
    }
}
