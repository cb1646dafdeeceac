import Glibc
import OrgeSchema
import OrgeSystem

/// One process of a world that runs `--fast` from a seed and tells its parent what it does.
final class TracedRun {
    /// Why the parent has ended it.
    enum Stop: Equatable {
        /// No tick ended while it used the processor for so long.
        case loop
        /// No tick ended, and it did not use the processor either: it waits for something.
        case wait
        /// It ran long enough.
        case enough
    }

    struct Limits {
        var ticks: Int
        /// Of processor time without a tick, in nanoseconds. Of processor time, so that a busy machine is no finding.
        var patience: UInt64
        /// Of processor time of the whole run.
        var total: UInt64

        /// A world that waits uses no processor time: six times the patience, by the clock.
        var waiting: UInt64 { 6 * patience }
    }

    /// What a world prints is a finding; a line of it is shown.
    private static let printedBytesLimit = 4_096
    /// A backtrace of 64 frames with its words.
    private static let errorsBytesLimit = 262_144
    /// The backtracer reads the symbols of an executable; then it is killed.
    private static let backtracePatience: UInt64 = 20_000_000_000
    /// A poll that came later than this says that the machine was paused.
    private static let longestStep: UInt64 = 1_000_000_000

    private let process: ChildProcess
    private let lifeline: Descriptor
    private let tracePipe: Descriptor
    private let printedPipe: Descriptor
    private let errorsPipe: Descriptor
    private let limits: Limits
    let without: [String]
    private let recorder: WorldRecorder
    private let run: UInt64
    private var lines = LineBuffer()
    private(set) var log = RunLog()
    private(set) var printed: [UInt8] = []
    private var errors: [UInt8] = []
    private(set) var end: ProcessEnd?
    private(set) var stop: Stop?
    private var (stoppedAt, seenAt, waited, processorAtTick): (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// - Parameter without: commands that are not drawn.
    init(_ executable: String, seed: UInt64, without: [String], _ limits: Limits, environment: [String]) throws(SystemError) {
        self.limits = limits
        self.without = without
        recorder = try WorldRecorder("check")
        run = try drawnRun()
        let trace = try Ends.pipe()
        let printed = try Ends.pipe()
        let errors = try Ends.pipe()
        let lifeline = try Lifeline()
        let words = [
            executable, "--fast", String(limits.ticks), "--script", String(seed), "--boundaries", "--flight-fd", "4", "--flight-run", String(run),
            "--trace-fd", "5",
        ]
        var launch = Launch(
            path: executable, arguments: words + without.flatMap { ["--without", $0] }, environment: ServerPlan.environment(adding: environment),
            standardOutput: printed.second.number, standardError: errors.second.number)
        launch.inherited = [recorder.memory.descriptor.number, trace.second.number]
        process = try launch.start(lifeline: lifeline, at: 0)
        tracePipe = trace.keepFirst()
        printedPipe = printed.keepFirst()
        errorsPipe = errors.keepFirst()
        self.lifeline = lifeline.keep()
        seenAt = monotonicNanoseconds()
        try tracePipe.setNonBlocking()
        try printedPipe.setNonBlocking()
        try errorsPipe.setNonBlocking()
    }

    var awaited: [Awaited] { [Awaited(process.descriptor.number), Awaited(tracePipe.number)] }

    /// What its thread did last.
    var entry: FlightEntry { recorder.reading(of: run)?.entry ?? FlightEntry() }

    /// What the runtime printed about its end.
    var backtrace: Backtrace { Backtrace(String(decoding: errors, as: UTF8.self)) }

    /// The backtracer is done. It lets a process go on that was only sent a signal.
    private var isTraced: Bool { String(decoding: errors.suffix(200), as: UTF8.self).contains("Backtrace took") }

    /// The first line on standard error.
    var errorLine: String? { String(decoding: errors, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init) }

    /// Reads on, and ends a run that goes on for too long.
    func look() throws(SystemError) {
        guard end == nil else { return }
        let ended = try process.reap()
        let ticks = log.nextTick
        try read()
        end = ended
        let now = monotonicNanoseconds()
        defer { seenAt = now }
        if stop != nil, end == nil, isTraced || now - stoppedAt > Self.backtracePatience { try process.send(signal: SIGKILL) }
        guard stop == nil, end == nil, let used = try? usage(ofProcess: process.pid).processorNanoseconds else { return }
        waited = ticks < log.nextTick ? 0 : waited + min(now - seenAt, Self.longestStep)
        if ticks < log.nextTick { processorAtTick = used }
        let busy = used - min(used, processorAtTick)
        if busy > limits.patience { try give(up: .loop, now) }
        // A loop on a busy machine is no waiting.
        if stop == nil, waited > limits.waiting, busy < limits.patience / 10 { try give(up: .wait, now) }
        if stop == nil, used > limits.total { try give(up: .enough, now) }
    }

    /// The abort makes the backtracer show where it is.
    private func give(up stop: Stop, _ now: UInt64) throws(SystemError) {
        self.stop = stop
        stoppedAt = now
        try process.send(signal: stop == .enough ? SIGKILL : SIGABRT)
    }

    private func read() throws(SystemError) {
        while case .bytes(let bytes) = try tracePipe.read(atMost: 65_536) { for line in lines.receive(bytes) { log.receive(line) } }
        while case .bytes(let bytes) = try printedPipe.read(atMost: 65_536) { printed += bytes.prefix(Self.printedBytesLimit - printed.count) }
        while case .bytes(let bytes) = try errorsPipe.read(atMost: 65_536) { errors += bytes.prefix(Self.errorsBytesLimit - errors.count) }
    }

    deinit {
        if end == nil { try? process.send(signal: SIGKILL) }
    }
}
