import OrgeSchema
import OrgeSystem
import OrgeWorld

/// `--migration FILE`: says how data of another schema becomes the world's own, and what has to be decided first.
enum MigrationReport {
    /// - Throws: every gap, in words; with JSON they are in what is printed.
    static func run<W: World>(_ world: W.Type, _ path: String, isJSON: Bool) throws(ProgramFailure) {
        let old = try schema(path)
        guard old.name == W.name else { throw ProgramFailure(message: "\(path) is a schema of the world \(old.name)") }
        let summary = WorldEngine.migration(of: world, from: old).summary
        if isJSON { return printLine(json(summary)) }
        for change in summary.changes { printLine(change + (summary.losses.contains(change) ? " (no way back)" : "")) }
        if summary.changes.isEmpty, summary.gaps.isEmpty { printLine("no row changes") }
        guard summary.gaps.isEmpty else { throw ProgramFailure(message: summary.gaps.map { "\($0)" }.joined(separator: "\n")) }
    }

    private static func schema(_ path: String) throws(ProgramFailure) -> WorldSchema {
        let text: [UInt8]
        do throws(SystemError) {
            text = try Descriptor.contents(of: path, bytesLimit: 2 * WorldSchema.documentLimit + 1)
        } catch {
            throw ProgramFailure(message: "\(path) cannot be read: \(error.reason)")
        }
        let digits = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        guard let bytes = [UInt8](hexadecimal: digits), let schema = try? WorldSchema(decoding: bytes) else {
            throw ProgramFailure(message: "\(path) holds no schema document: `WORLD describe --schema` prints one")
        }
        return schema
    }

    private static func json(_ summary: MigrationSummary) -> String {
        let gaps = summary.gaps.map { gap in
            "{\"message\":\(gap.message.quotedForJSON),\"type\":\(gap.type.quotedForJSON),\"lines\":\(list(gap.lines))}"
        }
        return "{\"changes\":\(list(summary.changes)),\"losses\":\(list(summary.losses)),\"gaps\":[\(gaps.joined(separator: ","))]}"
    }

    private static func list(_ texts: [String]) -> String { "[" + texts.map(\.quotedForJSON).joined(separator: ",") + "]" }
}
