import OrgeSimulatedDisk
import OrgeHost
import OrgeJournal
import OrgeSchema

/// The journal's thread, and the start from a journal.
extension HostProcess {
    /// As in a host's own thread.
    private static let retryDelay = 250 * Weather.millisecond

    func workOnDisk() { workOnDisk(after: universe.weather.diskDelay()) }

    private func workOnDisk(after delay: UInt64) {
        guard !isWriting, !entries.isEmpty else { return }
        isWriting = true
        later(delay) { [self] in
            isWriting = false
            commit()
        }
    }

    /// One group: everything that waits.
    private func commit() {
        if reaches(.beforeWrite) { return }
        if planned?.point == .duringWrite { gate.shut(after: planned!.skips % 3) }
        if failsNextSync { fail() }
        var group = entries
        entries = []
        do throws(JournalError) {
            let result = try writer!.append(group)
            let durable = result.durableThrough
            if case .noRoom(let first, _, _) = result {
                universe.verdict.report.shortages += 1
                entries = Array(group[first...])
                group.removeSubrange(first...)
            }
            for entry in group { judge.durable(entry.body) }
            if reaches(.afterSync) { return }
            later(universe.weather.diskDelay() / 4) { [self] in receive(.durable(through: durable)) }
            if group.isEmpty { workOnDisk(after: Self.retryDelay) } else { workOnDisk() }
        } catch {
            if dies(.duringWrite) { return }
            later(universe.weather.diskDelay()) { [self] in receive(.journalFailed("\(error)")) }
        }
    }

    private func fail() {
        guard !isDiskFull else { return }
        failsNextSync = false
        isDiskFailing = true
        universe.verdict.note("\(world.name): the disk fails a sync")
        var plan = FaultPlan()
        plan.failedSyncs = [gate.disk.syncCount]
        gate.disk.inject(plan)
    }

    /// There is no room, until some is made.
    func fillDisk(for time: UInt64) {
        guard !isDiskFull else { return }
        universe.verdict.note("\(world.name): the disk is full")
        isDiskFull = true
        var plan = FaultPlan()
        plan.capacity = 0
        gate.disk.inject(plan)
        universe.agenda.after(time) { [self] in
            isDiskFull = false
            gate.disk.inject(FaultPlan())
        }
    }

    /// The gate fell shut in the middle of a step.
    func dies(_ point: CrashPoint) -> Bool {
        guard gate.isShut || planned?.point == point, let planned else { return false }
        self.planned = nil
        die(losesPower: planned.losesPower, at: point, ", after \(planned.skips) operations")
        return true
    }

    /// A new process: lock, read, replay, raise the incarnation, begin.
    func start() {
        if planned?.point == .duringRecovery { gate.shut(after: planned!.skips * 2) }
        do {
            var settings = JournalSettings()
            settings.firstSegmentBytes = 4096
            settings.largestSegmentBytes = 64 * 1024
            settings.keepsHistory = keepsHistory
            let journal = try Journal.open(
                gate, schema: world.schema, number: world.number, seedIfNew: world.seed, codeID: WorldCase.codeID, holder: 1, settings: settings)
            let recovered = try world.recover(journal)
            let (tick, hash, chain) = (recovered.state.tick, recovered.state.stateHash, recovered.state.chains)
            let sessions = recovered.state.hostHash
            let replayed = tick - (journal.image?.tick ?? 0)
            var started = try recovered.start(codeID: WorldCase.codeID, replayNanoseconds: replayed * Weather.millisecond, now: now)
            let writer = started.takeWriter()
            let incarnation = writer.incarnation
            if dies(.duringRecovery) { return }
            judge.began(incarnation)
            judge.recovered(journal, on: gate.disk, tick: tick, hash: hash, chain: chain, sessions: sessions)
            isDiskFailing = false
            universe.verdict.note("\(world.name) begins at tick \(tick), \(replayed) replayed, incarnation \(incarnation)")
            begin(started.takeMachine(), writer)
        } catch {
            if dies(.duringRecovery) { return }
            if isDiskFailing || isDiskFull { return die(losesPower: false, "at its start: \(error)") }
            judge.fail("the host does not come back: \(error)")
        }
    }
}
