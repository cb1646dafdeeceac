import OrgeControl
import OrgeSupervisor
import OrgeSystem

/// Side processes that find out more about a fault.
extension ServerProcess {
    /// At once. Faults may come faster than examinations end; what is not examined is blamed all the same.
    static let examinersLimit = 2

    func examine(_ name: String, _ blame: Blame, isAwaited: Bool) {
        guard isAwaited || examiners.count < Self.examinersLimit else { return answer(.examined(name: name, blame)) }
        do {
            let environment = ServerPlan.environment(adding: [BacktraceSetting.on(frames: 32)])
            let world = plan.world(name)
            let executable = try plan.store.executable(code(of: world))
            examiners.append(try Examiner(world, executable, blame, isHurried: isAwaited, environment: environment, now: monotonicNanoseconds()))
        } catch {
            standardError.print("orge: the fault of world \(name) cannot be examined: \(error)")
            answer(.examined(name: name, blame))
        }
    }

    /// To be called in each turn.
    func hearExaminers(now: UInt64) {
        for examiner in examiners where exit == nil {
            do throws(SystemError) {
                let hasEnded = try examiner.hasEnded(now: now)
                try settle(examiner, hasEnded: hasEnded)
                if hasEnded { try finish(examiner) }
            } catch {
                // No examination may end the server; the world goes on without what it would have found.
                standardError.print("orge: the examination of a fault of world \(examiner.world) failed: \(error)")
                examiners.removeAll { $0 === examiner }
                if let finding = examiner.takeFinding(hasEnded: true) { handle(.examined(name: examiner.world, finding)) }
            }
        }
    }

    /// Gives the answer as soon as there is one: the world may wait for it.
    private func settle(_ examiner: Examiner, hasEnded: Bool) throws(SystemError) {
        guard let finding = examiner.takeFinding(hasEnded: hasEnded) else { return }
        handle(.examined(name: examiner.world, finding))
        if !hasEnded { try examiner.lowerPriority() }
    }

    private func finish(_ examiner: Examiner) throws(SystemError) {
        examiners.removeAll { $0 === examiner }
        for line in examiner.text.split(separator: "\n").prefix(40) { standardError.print("[\(examiner.world) fault] \(line)") }
        try FaultReports.keep(examiner.text, of: examiner.blame.entry, in: plan.world(examiner.world))
    }
}
