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

    func run(_ product: String, _ sources: AuthorSources, into report: inout CheckReport) throws {
        let objects = try linkedObjects(product).filter { path in sources.modules.contains { path.contains("/\($0.name).build/") } }
        guard !objects.isEmpty else {
            throw CommandFailure(
                "no object file of \(product) lies in \(binaries)", remedy: "Build it with the package manager's own build system.", kind: .unchecked)
        }
        var audits: [(file: String, audit: FileAudit)] = []
        for file in sources.files { audits.append((file, FileAudit(try Self.text(file), place: { sources.place(file, $0) }))) }
        var variables: [GlobalVariable] = []
        for object in objects {
            let dump = ObjectDump(try ask(objdump, ["-dr", "-l", "--no-show-raw-insn", object]))
            for reference in dump.references {
                guard let match = ForbiddenSymbols.match(reference.symbol), let index = audits.firstIndex(where: { $0.file == reference.file }) else {
                    continue
                }
                audits[index].audit.add(match, line: reference.line)
            }
            variables += dump.functions.compactMap { GlobalVariable($0) }
        }
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
