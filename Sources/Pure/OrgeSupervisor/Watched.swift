import OrgeControl

/// What is known of one child, over all its processes.
struct Watched: Sendable {
    enum State: Equatable, Sendable {
        /// Not started yet.
        case idle
        /// No pid: the shell has not answered the directive yet.
        case starting(pid: Int32?)
        case ready(pid: Int32, since: UInt64)
        /// Dead; to be started again at that time.
        case waiting(until: UInt64)
        /// Dead, and stays so: the server stops.
        case ended
        /// Given up.
        case failed
    }

    var state = State.idle
    /// The child's own word on why it fails, or ours on what it did wrong. Goes with the process.
    var failure: String?
    /// The next death is one that we were asked to cause.
    var isKillOrdered = false
    /// The process said that no other start is of use.
    var isFinal = false
    /// Because another host has the world's journal. Stays with what is given up.
    var isFenced = false
    /// Dead, and the next start waits for an answer.
    private(set) var isAwaited = false
    /// We kill the process for what it did or failed to do.
    var isKilledForFault = false
    /// What the disk does to the process, so that it cannot start.
    var diskTrouble: DiskTrouble?
    /// What it did to the last one that ended; nil when one has become ready since.
    private(set) var waitsForDisk: DiskTrouble?
    /// Of the process; nil while there is none.
    var silence: Silence?
    /// Deaths since the last released tick.
    private(set) var deathsInRow = 0
    /// Deaths since the last steady life: index into the policy's delays.
    private(set) var quickDeaths = 0
    /// Something was achieved by this process: a released tick; for an edge and bots, to be ready.
    private(set) var hasProgressed = false
    /// The tick that this process began with.
    private var startTick: UInt64 = 0
    private var highestTick: UInt64 = 0
    private var hasBeenReady = false

    var pid: Int32? {
        switch state {
        case .starting(let pid): pid
        case .ready(let pid, _): pid
        case .idle, .waiting, .ended, .failed: nil
        }
    }

    /// There is a process, or one is about to be.
    var isAlive: Bool {
        switch state {
        case .starting, .ready: true
        case .idle, .waiting, .ended, .failed: false
        }
    }

    /// Its process has not reported for too long.
    var isSilent: Bool { if let silence { silence.stage != .heard } else { false } }

    var isReady: Bool { if case .ready = state { true } else { false } }

    mutating func begin() {
        precondition(!isAlive && state != .failed && state != .ended, "spawned twice, or after its end")
        state = .starting(pid: nil)
        isAwaited = false
        failure = nil
        isKillOrdered = false
        isFinal = false
        isKilledForFault = false
        diskTrouble = nil
        silence = nil
        hasProgressed = false
    }

    /// Its process has done all that it was started for, and another one follows.
    mutating func settled() {
        state = .idle
        silence = nil
    }

    mutating func becomeReady(now: UInt64) {
        guard case .starting(let pid?) = state else { preconditionFailure("ready without having started") }
        waitsForDisk = nil
        state = .ready(pid: pid, since: now)
    }

    /// A host is ready, its world recovered through `tick`.
    mutating func recovered(through tick: UInt64, now: UInt64) {
        becomeReady(now: now)
        // Reports come only a few times a second. What was recovered beyond all that was reported, an earlier life achieved.
        if hasBeenReady && tick > highestTick { deathsInRow = 0 }
        hasBeenReady = true
        startTick = tick
        highestTick = max(highestTick, tick)
    }

    /// The host has released through `tick`.
    mutating func released(through tick: UInt64) {
        highestTick = max(highestTick, tick)
        if tick > startTick { progress() }
    }

    mutating func progress() {
        hasProgressed = true
        deathsInRow = 0
    }

    /// Dead; the next start waits for an answer, until `deadline`.
    mutating func await(until deadline: UInt64) {
        precondition(isAlive, "not alive")
        silence = nil
        state = .waiting(until: deadline)
        isAwaited = true
    }

    /// There will be no other start.
    mutating func giveUp() {
        silence = nil
        isAwaited = false
        state = .failed
    }

    enum Verdict: Equatable {
        case restart(afterNanoseconds: UInt64)
        case giveUp
    }

    /// What has ended the process. A kill from outside, by a person or by the kernel for want of memory, says nothing about the child's code, however
    /// often it comes.
    func cause(of end: ChildEnd) -> DeathCause {
        if isKillOrdered { return .ordered }
        if isKilledForFault { return .fault }
        if let diskTrouble { return .disk(diskTrouble) }
        return switch end {
        case .killed(let signal) where !DeathCause.faultSignals.contains(signal): .outside
        // In order, although we did not ask: somebody's SIGTERM. Code that calls `exit` does it in a replay as well.
        case .exited(code: 0) where isReady: .outside
        case .killed, .exited: .fault
        }
    }

    /// The process has ended: what now?
    mutating func died(of cause: DeathCause, now: UInt64, policy: RestartPolicy, mayGiveUp: Bool) -> Verdict {
        var life: UInt64 = 0
        // A process that hung had stopped living with its last report.
        let end = if let silence, silence.stage == .killed { silence.heardAt } else { now }
        if case .ready(_, let since) = state { life = end - since }
        silence = nil
        if life >= policy.idleLife { deathsInRow = 0 }
        if life >= policy.idleLife || (hasProgressed && life >= policy.steadyLife) { quickDeaths = 0 }
        waitsForDisk = nil
        switch cause {
        // A restart at once shows that the world comes back.
        case .ordered: return restart(after: 0, now: now)
        // The start is tried until the disk takes it.
        case .disk(let trouble):
            waitsForDisk = trouble
            return restart(after: policy.diskDelay, now: now)
        case .outside: break
        case .fault:
            deathsInRow += 1
            if mayGiveUp && deathsInRow >= policy.deathLimit {
                state = .failed
                return .giveUp
            }
        }
        let delay = policy.delays[min(quickDeaths, policy.delays.count - 1)]
        // Bounded, because an edge that never comes up is tried for ever.
        quickDeaths = min(quickDeaths + 1, policy.delays.count)
        return restart(after: delay, now: now)
    }

    private mutating func restart(after delay: UInt64, now: UInt64) -> Verdict {
        state = .waiting(until: now + delay)
        return .restart(afterNanoseconds: delay)
    }
}
