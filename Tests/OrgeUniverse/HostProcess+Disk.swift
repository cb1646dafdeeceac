import OrgeSimulatedDisk
import OrgeHost
import OrgeJournal
import OrgeSchema
import OrgeTestSupport

/// The journal's thread, and the start from a journal.
extension HostProcess {
    func workOnDisk() { workOnDisk(after: universe.weather.diskDelay()) }

    private func workOnDisk(after delay: UInt64) {
        guard !isWriting, !entries.isEmpty || writer?.state != .works else { return }
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
        // As the thread does: what the disk has not taken yet comes first.
        let group = writer?.hasEntries == true ? [] : entries
        if !group.isEmpty { entries = [] }
        handed += group
        let life = life
        step(group)
        guard self.life == life, isRunning else { return }
        switch writer?.pause ?? .untilWork {
        case .untilWork: workOnDisk()
        case .atMost(let milliseconds), .exactly(let milliseconds): workOnDisk(after: UInt64(milliseconds) * Weather.millisecond)
        }
    }

    func step(_ group: [JournalEntry], image: UInt64? = nil) {
        let reports = writer!.step(group, image: image)
        let life = life
        for report in reports {
            hear(report)
            if self.life != life { return }
        }
        // A death that was planned and called off in the middle of it happens all the same.
        if gate.isShut, !dies(.duringWrite) { die(losesPower: random.chance(1, outOf: 2), "in the middle of a write") }
    }

    private func hear(_ report: PatientWriter.Report) {
        switch report {
        case .durable(let tick):
            guard let next = handed.first?.tick, next <= tick else { return }
            while let entry = handed.first, entry.tick <= tick { judge.durable(handed.removeFirst().body) }
            if reaches(.afterSync) { return }
            later(universe.weather.diskDelay() / 4) { [self] in receive(.durable(through: tick)) }
        case .noRoom: universe.verdict.report.shortages += 1
        case .segmentFailed(let why):
            universe.verdict.report.diskErrors += 1
            universe.verdict.note("\(world.name): a new segment is needed: \(why)")
        case .fenced(let why): judge.fail("a host that has the lock is fenced: \(why)")
        case .stuck(let why): universe.verdict.note("\(world.name): paused: \(why)")
        case .diskWorks: isDiskFailing = false
        case .imageNeeded(let tick, _): later(universe.weather.diskDelay() / 4) { [self] in receive(.imageNeeded(recorded: tick)) }
        case .imageAdopted(let tick, let unneeded): adopted(tick, unneeded)
        }
    }

    /// One sync fails, or everything that the journal and the images ask of the disk for a while.
    private func fail() {
        guard !isDiskFull else { return }
        failsNextSync = false
        isDiskFailing = true
        var plan = FaultPlan()
        if random.chance(1, outOf: 2) {
            universe.verdict.note("\(world.name): the disk fails a sync")
            plan.failedSyncs = [gate.disk.syncCount]
        } else {
            let first = gate.disk.operationCount + random.below(4)
            plan.failedOperations = first..<first + random.within(1...12)
            universe.verdict.note("\(world.name): the disk fails \(plan.failedOperations.count) calls")
        }
        gate.disk.inject(plan)
        // The disk works again after a while, whatever was asked of it meanwhile.
        universe.agenda.after(universe.weather.between(Weather.millisecond, 3 * Weather.second)) { [self] in
            if !isDiskFull { gate.disk.inject(FaultPlan()) }
        }
    }

    /// A disk that fails calls fails no more: a host that waits five seconds before each next one would take a minute to come through all of them.
    func mendDisk() {
        if isDiskFailing, !isDiskFull { gate.disk.inject(FaultPlan()) }
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

    /// - Returns: nil when the process ended in world code.
    private func recover(_ journal: RecoveredJournal) throws -> RecoveredHost? {
        flight = FlightMemory()
        flight.slot.begin(run: 1, thread: 1)
        let bomb = Bomb(flight.slot)
        var recovered: RecoveredHost?
        try bomb.arm { recovered = try world.recover(journal, universe.settings.breakage == .lostBlame ? nil : blame, flight.slot) }
        guard let hit = bomb.hit else { return recovered }
        if !dies(.duringRecovery) { die(of: hit) }
        return nil
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
            guard let recovered = try recover(journal) else { return }
            let (tick, hash, chain) = (recovered.state.tick, recovered.state.stateHash, recovered.state.chains)
            let sessions = recovered.state.hostHash
            let replayed = tick - (journal.image?.tick ?? 0)
            // Every second universe takes its worlds for large ones, whose edges hold only what their clients see.
            var started = try recovered.start(
                codeID: WorldCase.codeID, replayNanoseconds: replayed * Weather.millisecond, now: now,
                largeWorld: universe.settings.seed % 2 == 0 ? 1 : HostLimits.largeWorld)
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
