import Glibc
import OrgeControl
import OrgeSchema
import OrgeSystem

/// A process that runs a blamed tick again, with the backtracer on: it takes no lock, writes nothing, and is to die as the host did.
final class Examiner {
    /// Of the report: a backtrace of 32 frames with source lines, the message, the input.
    static let reportBytesLimit = 65_536
    /// A tail is at most half a second of execution or 16 MiB, and the backtracer needs some seconds for its symbols.
    static let patience: UInt64 = 20_000_000_000
    /// Bytes in RAM: a large world's state and the backtracer's symbols.
    static let memoryLimit: UInt64 = 8 << 30

    let world: String
    let blame: Blame
    let process: ChildProcess
    let deadline: UInt64
    private let output: Descriptor
    private let lifeline: Descriptor
    /// Of the kept executable, which is named by its hash; a frame says it with each line.
    private let fileName: String
    private let recorder: WorldRecorder
    private let run: UInt64
    private var report: [UInt8] = []
    private var isCut = false
    private var isOutputOpen = true
    private var verdict: String?
    /// The finding was taken; only the report is still to come.
    private(set) var hasAnswered = false

    /// - Parameters:
    ///   - executable: the code that was blamed.
    ///   - isHurried: the world waits for the answer; otherwise other processes run first.
    init(_ world: ServerPlan.World, _ executable: String, _ blame: Blame, isHurried: Bool, environment: [String], now: UInt64) throws(SystemError) {
        self.world = world.name
        self.blame = blame
        fileName = executable.split(separator: "/").last.map(String.init) ?? executable
        recorder = try WorldRecorder(world.name)
        run = try drawnRun()
        let printed = try Ends.pipe()
        let lifeline = try Lifeline()
        try printed.first.setNonBlocking()
        var launch = Launch(
            path: executable,
            arguments: [
                world.executable, "examine", "--data", world.folder, "--number", String(world.number), "--blame", blame.argument, "--lifeline-fd", "3",
                "--flight-fd", "4", "--flight-run", String(run),
            ], environment: environment, standardOutput: printed.second.number, standardError: printed.second.number)
        launch.inherited = [recorder.memory.descriptor.number]
        process = try launch.start(lifeline: lifeline, at: 0)
        if !isHurried { try OrgeSystem.lowerPriority(ofProcess: process.pid) }
        output = printed.keepFirst()
        self.lifeline = lifeline.keep()
        deadline = now + Self.patience
    }

    var awaited: [Awaited] { [Awaited(process.descriptor.number)] + (isOutputOpen ? [Awaited(output.number)] : []) }

    /// Reads on.
    /// - Returns: true when it has ended.
    func hasEnded(now: UInt64) throws(SystemError) -> Bool {
        try read()
        if let end = try process.reap() {
            try read()
            verdict = verdict ?? sentence(of: end)
            return true
        }
        if verdict == nil, now >= deadline { try giveUp("it was ended after \(Self.patience / 1_000_000_000) s") }
        if verdict == nil, let usage = try? usage(ofProcess: process.pid), usage.residentBytes > Self.memoryLimit { try giveUp("it was ended for its memory") }
        return false
    }

    private func giveUp(_ why: String) throws(SystemError) {
        verdict = why
        try process.send(signal: SIGKILL)
    }

    private func read() throws(SystemError) {
        // The backtracer may hold the pipe a moment longer than its process: what is there now is enough.
        for _ in 0..<16 {
            guard isOutputOpen else { return }
            switch try output.read(atMost: 16_384) {
            case .bytes(let bytes):
                isCut = isCut || report.count + bytes.count > Self.reportBytesLimit
                report += bytes.prefix(Self.reportBytesLimit - report.count)
            case .nothingYet: return
            case .end: isOutputOpen = false
            }
        }
    }

    private func sentence(of end: ProcessEnd) -> String {
        switch end {
        case .exited(let code): "the tick ran to its end this time, exit status \(code)"
        case .killed(let signal): "ended by signal \(signal)"
        }
    }

    /// The blame, with the entity that was visited last where this process fails on the same work. Nil while that may still come, and after it was taken: a
    /// trap is known at once, the backtrace takes its time.
    func takeFinding(hasEnded: Bool) -> Blame? {
        guard !hasAnswered else { return nil }
        let reading = recorder.reading(of: run)
        guard hasEnded || reading?.trap != nil else { return nil }
        hasAnswered = true
        guard let reading, reading.trap != nil, reading.entry.isSameWork(as: blame.entry) else { return blame }
        var found = blame
        found.entry.entity = reading.entry.entity
        return found
    }

    /// No world waits for it any more.
    func lowerPriority() throws(SystemError) { try OrgeSystem.lowerPriority(ofProcess: process.pid) }

    /// Lines for people; no control characters of the world's.
    var text: String {
        let words = String(decoding: report, as: UTF8.self).unicodeScalars.filter { !$0.isUnprintable || $0 == "\n" || $0 == "\t" }
        let lines = String(String.UnicodeScalarView(words)).replacing(fileName, with: world)
        return "\(lines)\(isCut ? "\n(cut here)" : "")\nexamination: \(verdict ?? "")\n"
    }
}
