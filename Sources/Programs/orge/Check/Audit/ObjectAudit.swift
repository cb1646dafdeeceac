import OrgeSystem

/// Looks through the object files of an author's modules, with the tools of the Swift toolchain.
struct ObjectAudit {
    /// Of a file: the disassembly of a large one has some ten megabytes.
    private static let dumpBytesLimit = 256 << 20
    private static let patience: UInt64 = 120_000_000_000
    /// Of a source file, and of the list of what a product links.
    private static let textBytesLimit = 16 << 20

    private let objdump: String
    private let demangle: String
    /// Absolute, of the package's built products.
    let binaries: String

    /// - Throws: a sentence about the tool that is missing.
    init(_ toolchain: SwiftToolchain, binaries: String) throws {
        self.binaries = binaries
        objdump = try Self.tool("llvm-objdump", toolchain)
        demangle = try Self.tool("swift-demangle", toolchain)
    }

    private static func tool(_ name: String, _ toolchain: SwiftToolchain) throws -> String {
        if let path = toolchain.tool(name) { return path }
        throw CommandFailure(
            "\(name) is not beside \(toolchain.swift): the object files cannot be read", remedy: "Use a toolchain of swift.org, which has it.", kind: .unchecked
        )
    }

    /// - Parameter listed: the types that the world's declaration names; nil where it has a mistake, which is mended first.
    func run(_ product: String, _ sources: AuthorSources, listed: [String]?, into report: inout CheckReport) throws {
        let objects = try linkedObjects(product).filter { path in sources.modules.contains { path.contains("/\($0.name).build/") } }
        guard !objects.isEmpty else {
            throw CommandFailure(
                "no object file of \(product) lies in \(binaries)", remedy: "Build it with the package manager's own build system.", kind: .unchecked)
        }
        var audits: [(file: String, audit: FileAudit)] = []
        for file in sources.files { audits.append((file, FileAudit(try Self.text(file), place: { sources.place(file, $0) }))) }
        var variables: [GlobalVariable] = []
        var descriptors: [Substring] = []
        for object in objects {
            let dump = ObjectDump(try ask(objdump, ["-t", "-dr", "-l", "--no-show-raw-insn", object]))
            for reference in dump.references {
                guard let match = ForbiddenSymbols.match(reference.symbol), let index = audits.firstIndex(where: { $0.file == reference.file }) else {
                    continue
                }
                audits[index].audit.add(match, line: reference.line)
            }
            variables += dump.functions.compactMap { GlobalVariable($0) }
            descriptors += dump.conformances
        }
        if let listed { addUnlisted(try conformances(descriptors), sources, listed: listed, to: &audits, &report) }
        let trees = try trees(variables)
        for variable in variables {
            guard let index = audits.firstIndex(where: { $0.file == variable.file }) else { continue }
            audits[index].audit.add(variable, whatChanges: trees.first { $0.symbol == variable.symbol }.flatMap { GlobalVariable.whatChanges($0.lines) })
        }
        for index in audits.indices {
            audits[index].audit.addImports()
            for finding in audits[index].audit.result { report.add(finding) }
            report.allowed += audits[index].audit.allowed
        }
        report.auditedFiles = audits.count
    }

    private func addUnlisted(
        _ conformances: [UnlistedParts.Conformance], _ sources: AuthorSources, listed: [String], to audits: inout [(file: String, audit: FileAudit)],
        _ report: inout CheckReport
    ) {
        let modules = sources.modules.filter { !$0.isShared }
        for part in UnlistedParts.missing(conformances, in: modules.map(\.name), listed: listed) {
            let files = modules.first { $0.name == part.path[0] }?.files ?? []
            let names = part.path.dropFirst()
            let index = audits.indices.first { files.contains(audits[$0].file) && audits[$0].audit.line(declaring: names) != nil }
            if let index, let line = audits[index].audit.line(declaring: names) {
                audits[index].audit.add(part, line: line)
            } else {
                report.add(Finding(.declaration, at: nil, part.message))
            }
        }
    }

    private func conformances(_ descriptors: [Substring]) throws -> [UnlistedParts.Conformance] {
        guard !descriptors.isEmpty else { return [] }
        return try ask(demangle, ["-compact"] + descriptors.map(String.init)).split(separator: "\n").compactMap { UnlistedParts.Conformance($0) }
    }

    /// What the linker was given.
    private func linkedObjects(_ product: String) throws -> [String] {
        try Self.text("\(binaries)/\(product).product/Objects.LinkFileList").split(whereSeparator: \.isNewline).map { line in
            line.hasPrefix("\"") || line.hasPrefix("'") ? String(line.dropFirst().dropLast()) : String(line)
        }
    }

    private func trees(_ variables: [GlobalVariable]) throws -> [(symbol: String, lines: [Substring])] {
        guard !variables.isEmpty else { return [] }
        let text = try ask(demangle, ["-tree-only"] + variables.map(\.symbol))
        var trees: [(symbol: String, lines: [Substring])] = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("Demangling for ") {
                trees.append((String(line.dropFirst(15)), []))
            } else if !trees.isEmpty {
                trees[trees.count - 1].lines.append(line)
            }
        }
        return trees
    }

    private func ask(_ tool: String, _ words: [String]) throws -> String {
        let run = try BriefRun(tool, [tool] + words, environment: ServerPlan.environment(adding: []), bytesLimit: Self.dumpBytesLimit, patience: Self.patience)
        guard run.how == .exited(code: 0) else {
            throw CommandFailure("\(tool) failed\(run.errors.isEmpty ? "" : ": \(run.errors)")", kind: .unchecked)
        }
        return run.output
    }

    private static func text(_ path: String) throws -> String {
        do throws(SystemError) {
            return String(decoding: try Descriptor.contents(of: path, bytesLimit: textBytesLimit), as: UTF8.self)
        } catch {
            throw CommandFailure("\(path) cannot be read: \(error.reason)", kind: .unchecked)
        }
    }
}
