import OrgeSystem

/// The lines of an executable's instructions, by its debug information and the disassembler of the Swift toolchain.
struct ExecutableLines {
    /// Of the code that is looked through, in bytes: about forty instructions. A loop's head has a few without a line.
    private static let reach: UInt64 = 256
    private static let bytesLimit = 65_536

    private let executable: String
    /// Nil: there is no toolchain in PATH, and no line is found.
    private let objdump: String?

    init(_ executable: String) {
        self.executable = (try? absolutePath(executable)) ?? executable
        objdump = (try? SwiftToolchain())?.tool("llvm-objdump")
    }

    func isOf(_ path: some StringProtocol) -> Bool { path == executable }

    /// The first line of a file that an instruction from here on has, in the same function.
    /// - Parameter offset: from the executable's first byte in memory.
    func line(after offset: UInt64, in file: String) -> Int? {
        guard let objdump else { return nil }
        let words = [
            "-d", "-l", "--no-show-raw-insn", "--start-address=\(offset)", "--stop-address=\(offset + Self.reach)", executable,
        ]
        let run = try? BriefRun(objdump, [objdump] + words, environment: ServerPlan.environment(adding: []), bytesLimit: Self.bytesLimit)
        guard let run, run.how == .exited(code: 0) else { return nil }
        return ObjectDump.firstLine(of: run.output, in: file)
    }
}
