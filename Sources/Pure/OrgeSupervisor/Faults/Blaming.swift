import OrgeControl
import OrgeSchema

/// When a dead host's last work is to blame. All times in nanoseconds.
package struct BlamePolicy: Equatable, Sendable {
    /// Processor time that one input, or one system of a tick, may use: far more than honest work takes, and short enough that a world with an endless
    /// loop is back soon. Nil: never judged, for a process that a debugger holds.
    package var processorTime: UInt64? = 1_000_000_000
    /// How often the recorders are looked at.
    package var period: UInt64 = 100_000_000
    /// Blames of the same work, without a host that became ready between them, after which quarantine is taken not to help. A system may be blamed once for
    /// each of several entities before it is suspended.
    package var sameWorkLimit = 8
    /// Blames without a released tick between them, whatever work they name: a world whose every input crashes is given up.
    package var inRowLimit = 64
    /// Blamed deaths in a row that are followed by a start at once; each costs its clients a restart, and a tick may hold several crashing inputs.
    package var promptStarts = 8
    /// How long the examination of a system's trap may hold up the next start.
    package var examinationPatience: UInt64 = 10_000_000_000

    package init() {}

    /// - Parameter milliseconds: of processor time; 0: never judged.
    package init(processorMilliseconds milliseconds: Int) { processorTime = milliseconds == 0 ? nil : UInt64(milliseconds) * 1_000_000 }
}

/// Finds out, from the recorders of one world's hosts, what to blame for their deaths.
///
/// A trap on the thread that ran the work proves it at once. Processor time and memory are proven by a second time: the first host is killed (by us, by
/// the kernel), the next one replays the same tick, and only work that passes the same bound there again is blamed. Time is measured while one and
/// the same step of the recorder stands, so it is that of one input alone: however slow a tick of many cheap inputs is, none of them is blamed.
struct BlameFinder: Equatable, Sendable {
    /// Work that used too much once.
    enum Suspicion: Equatable { case processorTime, memory }

    /// The step that stands now, and the thread's processor time when it was seen first.
    private struct Watch: Equatable {
        var run: UInt64
        var step: UInt64
        var began: UInt64
    }

    private var watch: Watch?
    /// Of the last look.
    private var seen: (run: UInt64, step: UInt64)?
    /// The tick that runs, likewise; `told` when it was said to be slow.
    private var slow: (tick: UInt64, began: UInt64, told: Bool)?
    /// Read when the host was killed for its processor time.
    private var overrun: FlightReading?
    private var suspect: FlightEntry?
    private var suspicion: Suspicion?
    /// For the next host, until one becomes ready.
    private(set) var blame: Blame?
    private var sameWork = 0
    private var inRow = 0

    static func == (a: BlameFinder, b: BlameFinder) -> Bool {
        a.watch == b.watch && a.overrun == b.overrun && a.suspect == b.suspect && a.blame == b.blame && a.sameWork == b.sameWork && a.inRow == b.inRow
    }

    /// Whether its process was killed for processor time, and has not ended yet.
    var hasOverrun: Bool { overrun != nil }

    /// Whether the thread has got further since the last look, inside a tick.
    mutating func hasMoved(to reading: FlightReading) -> Bool {
        defer { seen = (reading.run, reading.step) }
        guard let seen, seen.run == reading.run else { return false }
        return seen.step != reading.step && reading.entry.phase != .idle
    }

    enum Finding: Equatable {
        case nothing
        /// One tick has used more than the bound, no input of it has.
        case slowTick(UInt64)
        /// The process is to be killed.
        case overrun
    }

    /// Looks at a living host.
    /// - Parameter time: processor time that the reading's thread has used.
    mutating func sample(_ reading: FlightReading, time: UInt64, bound: UInt64) -> Finding {
        guard overrun == nil else { return .nothing }
        guard reading.entry.phase != .idle else {
            watch = nil
            slow = nil
            return .nothing
        }
        if let watch, watch.run == reading.run, watch.step == reading.step, time >= watch.began {
            if reading.entry.phase.runsWorldCode, time - watch.began >= bound {
                overrun = reading
                return .overrun
            }
        } else {
            watch = Watch(run: reading.run, step: reading.step, began: time)
        }
        return sampleTick(reading.entry.tick, time, bound)
    }

    private mutating func sampleTick(_ tick: UInt64, _ time: UInt64, _ bound: UInt64) -> Finding {
        guard let known = slow, known.tick == tick, time >= known.began else {
            slow = (tick, time, false)
            return .nothing
        }
        guard !known.told, time - known.began >= 2 * bound else { return .nothing }
        slow = (tick, known.began, true)
        return .slowTick(tick)
    }

    enum Verdict: Equatable {
        /// The death says nothing about the world's code.
        case blind
        /// Work has used too much for the first time; the next host proves it or not.
        case suspected(FlightEntry)
        case blamed(Blame)
    }

    /// Judges a death.
    mutating func judge(_ how: ChildEnd, _ remains: Remains, _ policy: BlamePolicy) -> Verdict {
        defer { (watch, slow, overrun) = (nil, nil, nil) }
        guard let reading = remains.reading, reading.entry.phase.runsWorldCode, case .killed(let signal) = how else { return .blind }
        if let trap = reading.trap {
            // In another thread it is not the world's code; and only the signal that ended the process explains its end.
            guard trap.thread == reading.thread, trap.signal == signal else { return .blind }
            return blamed(Blame(entry: reading.entry, cause: .signal(signal)))
        }
        guard signal == 9 else { return .blind }
        if let overrun, let bound = policy.processorTime {
            // Between the last look and the kill it may have got on: then it did not hang.
            guard overrun.run == reading.run, overrun.step == reading.step else { return .blind }
            return doubted(reading.entry, .processorTime, Blame(entry: reading.entry, cause: .processorTime(boundNanoseconds: bound)))
        }
        if remains.ranOutOfMemory { return doubted(reading.entry, .memory, Blame(entry: reading.entry, cause: .memory)) }
        return .blind
    }

    private mutating func doubted(_ entry: FlightEntry, _ why: Suspicion, _ blame: Blame) -> Verdict {
        if suspicion == why, let suspect, suspect.isSameWork(as: entry) { return blamed(blame) }
        suspect = entry
        suspicion = why
        return .suspected(entry)
    }

    private mutating func blamed(_ new: Blame) -> Verdict {
        let isSame = blame.map { $0.entry.isSameWork(as: new.entry) } ?? false
        sameWork = isSame ? sameWork + 1 : 1
        inRow += 1
        blame = new
        suspect = nil
        suspicion = nil
        return .blamed(new)
    }

    /// The examination has found more about the blame at hand.
    mutating func examined(_ found: Blame) {
        guard let blame, blame.entry.isSameWork(as: found.entry), blame.cause == found.cause else { return }
        self.blame = found
    }

    /// A host is ready: what was blamed is contained.
    mutating func becameReady() {
        blame = nil
        sameWork = 0
        suspect = nil
        suspicion = nil
    }

    /// A tick was released.
    mutating func progressed() { inRow = 0 }

    /// Whether starting the world again is of no use.
    func isHopeless(_ policy: BlamePolicy) -> Bool {
        guard let blame else { return false }
        switch blame.entry.phase {
        case .declaration, .start, .migration: return true
        case .idle, .engine, .arrival, .departure, .intent, .command, .system: return sameWork > policy.sameWorkLimit || inRow > policy.inRowLimit
        }
    }

    /// Whether the next start need not wait.
    func startsPromptly(_ policy: BlamePolicy) -> Bool { inRow <= policy.promptStarts }
}
