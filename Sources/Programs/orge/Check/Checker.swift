import OrgeSchema
import OrgeSystem

/// Looks through one world after another.
struct Checker {
    var seeds: Int
    var limits: TracedRun.Limits
    /// Says what it is at, for people who wait.
    var progress: (String) -> Void

    /// A package's worlds: all, or those named.
    func check(package folder: String, products: [String]) throws -> [CheckReport] {
        let toolchain = try SwiftToolchain()
        progress("reading \(folder)")
        let package = try SwiftPackage(describedBy: try toolchain.ask(folder, "package", "describe", "--type", "json"))
        let worlds = try Self.chosen(products, of: package)
        for world in worlds {
            progress("building \(world)")
            try toolchain.build(folder, world)
        }
        let binaries = try toolchain.ask(folder, "build", "--show-bin-path").split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
        let audit = try ObjectAudit(toolchain, binaries: binaries)
        return try worlds.map { world in
            let sources = package.sources(of: world)
            var report = CheckReport(world)
            let document = try declaration("\(binaries)/\(world)", sources, into: &report)
            progress("\(world): its code")
            try audit.run(world, sources, listed: document?.types, into: &report)
            if let document { try run("\(binaries)/\(world)", sources, document, into: &report) }
            return report
        }
    }

    private static func chosen(_ products: [String], of package: SwiftPackage) throws -> [String] {
        let worlds = package.worlds
        guard !worlds.isEmpty else {
            throw CommandFailure(
                "\(package.folder) has no world: no executable of it depends on Orge's product OrgeWorld",
                remedy: "`orge new NAME` makes a package with a world.", kind: .unchecked)
        }
        if let other = products.first(where: { !worlds.contains($0) }) {
            throw CommandFailure("\(other) is no world of \(package.folder)", remedy: "There are: \(worlds.joined(separator: ", ")).", kind: .unchecked)
        }
        return products.isEmpty ? worlds : products
    }

    /// A world of which only the executable is there.
    func check(executable path: String) throws -> CheckReport {
        var report = CheckReport(String(path.split(separator: "/").last ?? "world"))
        let sources = AuthorSources()
        if let document = try declaration(path, sources, into: &report) { try run(path, sources, document, into: &report) }
        report.notes.append("clocks, Foundation, unordered collections and global state were not looked for: give the world's package for that")
        return report
    }

    /// - Returns: nil where there is a finding.
    private func declaration(_ executable: String, _ sources: AuthorSources, into report: inout CheckReport) throws -> DeclarationDocument? {
        progress("\(report.program): its declaration")
        report.declaration = try DeclarationRun(executable: executable, sources: sources, patience: 2 * limits.patience).run(into: &report)
        return report.declaration
    }

    private func run(_ executable: String, _ sources: AuthorSources, _ document: DeclarationDocument, into report: inout CheckReport) throws {
        var runs = SeedRuns(executable: executable, sources: sources, systems: document.systems.map(\.name), limits: limits)
        for seed in 1...UInt64(max(1, seeds)) where seeds > 0 && !runs.isDone {
            progress("\(report.program): seed \(seed) of \(seeds)")
            try runs.run(seed: seed, into: &report)
        }
        if !runs.without.isEmpty { report.notes.append("later seeds ran without \(runs.without.joined(separator: ", ")), so that the rest ran too") }
    }
}
