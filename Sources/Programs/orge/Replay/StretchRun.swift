import FoundationEssentials
import Glibc
import OrgeSystem

/// What came of running ticks again.
struct StretchReport: Decodable, Equatable {
    var ticks: UInt64 = 0
    var outcomes: UInt64 = 0
    var amendments: UInt64 = 0

    mutating func add(_ other: StretchReport) {
        ticks += other.ticks
        outcomes += other.outcomes
        amendments += other.amendments
    }
}

/// A kept executable that runs ticks of a journal again: `WORLD stretch …`, a process of its own.
struct StretchRun {
    /// Where the run begins.
    struct Start {
        var tick: UInt64
        /// The image of that tick is in the scratch folder, not in the world's.
        var isInScratch: Bool
    }

    /// Nanoseconds between two lines of progress, for people.
    private static let progressPeriod: UInt64 = 5_000_000_000
    private static let readBytes = 65_536

    let executable: String
    let world: String
    let folder: String
    let start: Start
    let lastTick: UInt64
    /// The state hash after the change of schema with which it begins; nil where it begins with none.
    let migratedHash: UInt64?
    let scratch: String
    let writesImage: Bool

    private var arguments: [String] {
        var words = [world, "stretch", "--data", folder, "--after", String(start.tick), "--through", String(lastTick)]
        if start.isInScratch { words += ["--image-from", scratch] }
        if let migratedHash { words += ["--migrated-hash", String(migratedHash)] }
        if writesImage { words += ["--image-to", scratch] }
        return words
    }

    /// Runs it to its end.
    /// - Parameter progress: hears now and then how far it is.
    /// - Throws: `CommandFailure` when a hash differs, or the program ends otherwise than in order.
    func run(_ progress: (UInt64) -> Void) throws -> StretchReport {
        let output = try Ends.pipe()
        let errors = try Ends.pipe()
        let lifeline = try Lifeline()
        let launch = Launch(
            path: executable, arguments: arguments, environment: ServerPlan.environment(adding: [BacktraceSetting.off]),
            standardOutput: output.second.number, standardError: errors.second.number)
        let process = try launch.start(lifeline: lifeline, at: 0)
        try output.first.setNonBlocking()
        try errors.first.setNonBlocking()
        var (said, complaints) = (LineBuffer(), LineBuffer())
        var result: StretchReport?
        var (tick, nextProgress) = (start.tick, monotonicNanoseconds() + Self.progressPeriod)
        var end: ProcessEnd?
        while end == nil {
            let awaited = [process.descriptor.number, output.first.number, errors.first.number].map { Awaited($0) }
            _ = waitUntilReady(awaited, timeoutMilliseconds: 1_000)
            end = try process.reap()
            for line in try Self.lines(output.first, &said) {
                if let at = Self.tick(line) { tick = at } else { result = Self.report(line) ?? result }
            }
            _ = try Self.lines(errors.first, &complaints)
            guard end == nil, monotonicNanoseconds() >= nextProgress else { continue }
            progress(tick)
            nextProgress = monotonicNanoseconds() + Self.progressPeriod
        }
        _ = complaints.finish()
        if let end, end == .exited(code: 0), let result { return result }
        throw failure(end, after: tick, complaints.lastWords)
    }

    private func failure(_ end: ProcessEnd?, after tick: UInt64, _ words: String) -> CommandFailure {
        switch end {
        case .killed(let signal): CommandFailure("the executable was ended by signal \(signal) after tick \(tick)\(words.isEmpty ? "" : ":\n\(words)")")
        case .exited(let code): CommandFailure(words.isEmpty ? "the executable exited with status \(code) after tick \(tick)" : words)
        case nil: preconditionFailure("a process that has not ended")
        }
    }

    /// `at TICK`
    private static func tick(_ line: String) -> UInt64? { line.hasPrefix("at ") ? UInt64(line.dropFirst(3)) : nil }

    private static func report(_ line: String) -> StretchReport? { try? JSONDecoder().decode(StretchReport.self, from: Data(line.utf8)) }

    private static func lines(_ pipe: borrowing Descriptor, _ buffer: inout LineBuffer) throws -> [String] {
        var lines: [String] = []
        while case .bytes(let bytes) = try pipe.read(atMost: readBytes) { lines += buffer.receive(bytes) }
        return lines
    }
}
