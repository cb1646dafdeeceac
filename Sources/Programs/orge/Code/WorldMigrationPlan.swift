import FoundationEssentials
import OrgeSchema
import OrgeSystem

/// How a world's new executable migrates the data of an earlier one, in its own words: `WORLD --migration FILE --json`.
struct WorldMigrationPlan: Decodable, Equatable {
    struct Gap: Decodable, Equatable {
        var message: String
        var type: String
        var lines: [String]

        var text: String {
            lines.isEmpty ? message : "\(message): write one of these into \(type).migrations\n" + lines.map { "    \($0)" }.joined(separator: "\n")
        }
    }

    /// One line each, by names.
    var changes: [String]
    /// Those that nothing takes back.
    var losses: [String]
    /// What the author has to decide.
    var gaps: [Gap]

    /// Asks the executable.
    /// - Parameter name: what the program is called for itself.
    static func ask(_ path: String, as name: String, from old: WorldSchema, environment: [String]) throws -> WorldMigrationPlan {
        let scratch = try ScratchFolder(below: nil)
        defer { scratch.remove() }
        let file = "schema"
        try Folder(scratch.path).replace(file, with: Array((old.encoded().hexadecimal + "\n").utf8))
        let said = try BriefRun(
            path, [name, "--migration", "\(scratch.path)/\(file)", "--json"], environment: environment, bytesLimit: 8 * WorldSchema.documentLimit)
        let line = said.output.split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
        guard said.how == .exited(code: 0), let plan = try? JSONDecoder().decode(WorldMigrationPlan.self, from: Data(line.utf8)) else {
            throw CommandFailure(
                "\(name) does not say how it migrates data: `--migration` printed no plan\(said.errors.isEmpty ? "" : ":\n\(said.errors)")",
                remedy: "Is it a world's executable, built with the same version of Orge?")
        }
        return plan
    }
}
