import OrgeControl

/// Children that hang: they report nothing, and are killed for it and started again as after any other death.
extension Supervisor {
    /// Every event brings the time. When none came for too long this process itself did not run, stopped by a signal or with its whole machine: what it
    /// did not hear in that time says nothing about its children.
    mutating func noteTime(_ now: UInt64) {
        let gap = now - lastRun
        lastRun = now
        guard gap > plan.silence.clockGap else { return }
        for child in everyone { self[child].silence?.restart(now: now) }
        if case .stopping(var stop) = phase {
            stop.deadline += gap
            phase = .stopping(stop)
        }
    }

    /// - Parameter isInStorage: it announces a call of the disk.
    mutating func heard(_ child: Child, isInStorage: Bool, now: UInt64) {
        guard let duration = self[child].silence?.heard(isInStorage: isInStorage, now: now), judgesSilence else { return }
        out.append(.notify(.responds(child, afterNanoseconds: duration)))
        if case .host(let name) = child, self[child].isReady { tellEdges(.worldResponds(name: name)) }
    }

    mutating func judgeSilence(now: UInt64) {
        guard judgesSilence else { return }
        let policy = plan.silence
        for child in everyone where self[child].pid != nil {
            while let change = self[child].silence?.judge(policy, now: now) {
                switch change {
                case .silent: becameSilent(child)
                case .hung: killHung(child, now: now)
                }
            }
        }
    }

    /// When a silence or the next beat is due.
    var silenceDeadline: UInt64 {
        let beat = lastRun + plan.silence.beat
        guard judgesSilence else { return beat }
        return everyone.reduce(beat) { min($0, self[$1].silence?.deadline(plan.silence) ?? .max) }
    }

    /// An orderly stop has deadlines of its own.
    private var judgesSilence: Bool {
        switch phase {
        case .starting, .serving: true
        case .stopping, .ended: false
        }
    }

    private mutating func becameSilent(_ child: Child) {
        out.append(.notify(.silent(child, limitNanoseconds: plan.silence.limit)))
        if case .host(let name) = child, self[child].isReady { tellEdges(.worldSilent(name: name)) }
    }

    private mutating func killHung(_ child: Child, now: UInt64) {
        let seconds = (self[child].silence?.lasting(at: now) ?? 0) / 1_000_000_000
        if self[child].failure == nil { self[child].failure = "it hung: it reported nothing for \(seconds) s, and was killed" }
        self[child].isKilledForFault = true
        out.append(.signal(child, .kill))
    }
}
