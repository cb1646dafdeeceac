import Glibc
import OrgeSchema
import OrgeSystem

/// Asks a world's program for its declaration, and turns each mistake into a finding.
struct DeclarationRun {
    /// Of the document: a schema in hexadecimal digits, and the systems.
    private static let bytesLimit = 4 * WorldSchema.documentLimit
    let executable: String
    let sources: AuthorSources
    /// In nanoseconds, by the clock. A declaration is read in milliseconds; the backtracer may take seconds.
    let patience: UInt64

    /// - Returns: nil where there is a finding.
    func run(into report: inout CheckReport) throws -> DeclarationDocument? {
        let run: BriefRun
        do throws(SystemError) {
            run = try BriefRun(
                executable, [executable, "--check", "--json"], environment: ServerPlan.environment(adding: [BacktraceSetting.on(frames: 64, images: true)]),
                bytesLimit: Self.bytesLimit, patience: patience)
        } catch {
            throw CommandFailure("\(executable) cannot be run: \(error.reason)", kind: .unchecked)
        }
        switch run.how {
        case .exited(0), .exited(WorldDescription.authorFaultCode): return try read(run, &report)
        case .killed(let signal):
            let trace = Backtrace(run.errors)
            report.add(Finding(.trap, at: trace.place(sources, ExecutableLines(executable)), "the declaration traps: \(trace.reason ?? "signal \(signal)")"))
        case nil:
            report.add(Finding(.loop, at: nil, "the declaration does not end: nothing in \(patience / 1_000_000_000) s"))
        case .exited(let code): throw notAWorld("`\(executable) --check --json` exited with status \(code)")
        }
        return nil
    }

    private func read(_ run: BriefRun, _ report: inout CheckReport) throws -> DeclarationDocument? {
        let lines = run.output.split(whereSeparator: \.isNewline)
        guard let document = lines.last.flatMap({ DeclarationDocument(String($0)) }) else {
            throw notAWorld("`\(executable) --check --json` printed no declaration")
        }
        if lines.count > 1 { report.add(Finding(.output, at: nil, "prints to standard output: \"\(lines[0].prefix(80))\" (while its declaration is read)")) }
        for mistake in document.mistakes {
            let place = mistake.file.flatMap { file in mistake.line.map { sources.place(fileID: file, $0) } }
            report.add(Finding(.declaration, at: place, mistake.message))
        }
        return document.mistakes.isEmpty ? document : nil
    }

    private func notAWorld(_ why: String) -> CommandFailure {
        CommandFailure(why, remedy: "Is it a world's executable, built with the same version of Orge?", kind: .unchecked)
    }
}
