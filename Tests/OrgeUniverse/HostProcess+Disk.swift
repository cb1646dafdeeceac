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
        startOther(within: 8)
        step(group)
        guard self.life == life, isRunning else { return }
        switch writer?.pause ?? .untilWork {
        case .untilWork: workOnDisk()
        case .atMost(let milliseconds), .exactly(let milliseconds): workOnDisk(after: UInt64(milliseconds) * Weather.millisecond)
        }
    }

    /// An idle host looks once a second whether the journal is still its own.
    func lookLater() {
        later(Weather.second) { [self] in
            let life = life
            if !isWriting, entries.isEmpty { commit() }
            if self.life == life { lookLater() }
        }
    }

    /// The other host that is to start does so in the middle of what this one does next on the disk.
    private func startOther(within operations: Int) {
        guard let other = folder.other(than: self), !other.isRunning, !other.isStarting, random.chance(1, outOf: 2) else { return }
        gate.interrupt(after: random.below(operations)) { [weak other] in
            if let other, !other.isRunning { other.start() }
        }
    }

    /// The other host, at work, commits in the middle of this one's start.
    private func commitOther(within operations: Int) {
        guard let other = folder.other(than: self), other.isRunning, random.chance(1, outOf: 2) else { return startOther(within: operations) }
        gate.interrupt(after: random.below(operations)) { [weak other] in
            if let other, other.isRunning, !other.isStepping, !other.stoppage.holds(other.universe.agenda) { other.commit() }
        }
    }

    func step(_ group: [JournalEntry], image: UInt64? = nil) {
        let life = life
        // Another host may start meanwhile, and the power may fail.
        guard var working = writer.take() else { return judge.fail("a host that runs has no journal") }
        isStepping = true
        let reports = working.step(group, image: image)
        isStepping = false
        guard self.life == life else { return }
        writer = consume working
        for report in reports {
            hear(report)
            if self.life != life { return }
        }
        // A death that was planned and called off in the middle of it happens all the same.
        if gate.isShut, !dies(.duringWrite) { die(losesPower: random.chance(1, outOf: 2), "in the middle of a write") }
    }

    private func durable(_ entry: JournalEntry) { judge.durable(entry.tick, entry.body) }

    private func hear(_ report: PatientWriter.Report) {
        switch report {
        case .durable(let tick):
            guard let next = handed.first?.tick, next <= tick else { return }
            while let entry = handed.first, entry.tick <= tick { durable(handed.removeFirst()) }
            if reaches(.afterSync) { return }
            later(universe.weather.diskDelay() / 4) { [self] in receive(.durable(through: tick)) }
        case .noRoom: universe.verdict.report.shortages += 1
        case .segmentFailed(let why):
            universe.verdict.report.diskErrors += 1
            universe.verdict.note("\(name): a new segment is needed: \(why)")
        case .fenced(let why): fenced(why)
        case .stuck(let why): universe.verdict.note("\(name): paused: \(why)")
        case .diskWorks: diskWorks()
        case .imageNeeded(let tick, _): later(universe.weather.diskDelay() / 4) { [self] in receive(.imageNeeded(recorded: tick)) }
        case .imageAdopted(let tick, let unneeded): adopted(tick, unneeded)
        }
    }

    /// One sync fails, or everything that the journal and the images ask of the disk for a while.
    private func fail() {
        guard !folder.isDiskFull else { return }
        failsNextSync = false
        folder.isDiskFailing = true
        var plan = FaultPlan()
        if random.chance(1, outOf: 2) {
            universe.verdict.note("\(name): the disk fails a sync")
            plan.failedSyncs = [folder.disk.syncCount]
        } else {
            let first = folder.disk.operationCount + random.below(4)
            plan.failedOperations = first..<first + random.within(1...12)
            universe.verdict.note("\(name): the disk fails \(plan.failedOperations.count) calls")
        }
        folder.disk.inject(plan)
        // The disk works again after a while, whatever was asked of it meanwhile.
        universe.agenda.after(universe.weather.between(Weather.millisecond, 3 * Weather.second)) { [self] in
            if !folder.isDiskFull { folder.disk.inject(FaultPlan()) }
            if universe.settings.losesLocks { folder.isDiskFailing = false }
        }
    }

    /// With two hosts on it the disk may still fail the other.
    private func diskWorks() {
        if !universe.settings.losesLocks { folder.isDiskFailing = false }
    }

    /// A disk that fails calls fails no more: a host that waits five seconds before each next one would take a minute to come through all of them.
    func mendDisk() {
        if folder.isDiskFailing, !folder.isDiskFull { folder.disk.inject(FaultPlan()) }
    }

    /// There is no room, until some is made.
    func fillDisk(for time: UInt64) {
        guard !folder.isDiskFull else { return }
        universe.verdict.note("\(name): the disk is full")
        folder.isDiskFull = true
        var plan = FaultPlan()
        plan.capacity = 0
        folder.disk.inject(plan)
        universe.agenda.after(time) { [self] in
            folder.isDiskFull = false
            folder.disk.inject(FaultPlan())
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
        guard !isRunning, !isStarting else { return }
        isStarting = true
        let life = life
        if planned?.point == .duringRecovery { gate.shut(after: planned!.skips * 2) }
        commitOther(within: 40)
        do {
            guard let recovered = try recover(try open()), self.life == life else { return }
            try begin(recovered, life)
        } catch {
            // The power failed while it started.
            guard self.life == life else { return }
            failed(toStart: error)
        }
        if self.life == life { isStarting = false }
    }

    private func open() throws(StartFailure) -> RecoveredJournal {
        var settings = JournalSettings()
        settings.firstSegmentBytes = 4096
        settings.largestSegmentBytes = 64 * 1024
        settings.keepsHistory = keepsHistory
        return try Journal.open(
            gate, schema: world.schema, number: world.number, seedIfNew: world.seed, codeID: WorldCase.codeID, holder: 1, settings: settings)
    }

    private func begin(_ recovered: consuming RecoveredHost, _ life: Int) throws {
        let journal = recovered.journal
        let (tick, hash, chain) = (recovered.state.tick, recovered.state.stateHash, recovered.state.chains)
        let sessions = recovered.state.hostHash
        let replayed = tick - (journal.image?.tick ?? 0)
        // Every second universe takes its worlds for large ones, whose edges hold only what their clients see.
        var started = try recovered.start(
            codeID: WorldCase.codeID, replayNanoseconds: replayed * Weather.millisecond, now: now,
            largeWorld: universe.settings.seed % 2 == 0 ? 1 : HostLimits.largeWorld)
        let writer = started.takeWriter()
        let incarnation = writer.incarnation
        if self.life != life || dies(.duringRecovery) { return }
        // The other host may have started in the middle of this start, and have taken the journal again.
        if incarnation > judge.incarnation || !folder.isShared {
            judge.began(incarnation)
            judge.recovered(journal, on: folder.disk, tick: tick, hash: hash, chain: chain, sessions: sessions)
        }
        diskWorks()
        universe.verdict.note("\(name) begins at tick \(tick), \(replayed) replayed, incarnation \(incarnation)")
        isStarting = false
        begin(started.takeMachine(), writer)
    }

    private func failed(toStart error: any Error) {
        if dies(.duringRecovery) { return }
        if (error as? StartFailure)?.isFenced == true { return fenced("\(error)") }
        if folder.isDiskFailing || folder.isDiskFull { return die(losesPower: false, "at its start: \(error)") }
        // The files that a start reads may go meanwhile, when the other host is at work: it is made again.
        if gate.wasInterrupted { return die(losesPower: false, "at its start, beside another host: \(error)") }
        judge.fail("\(name) does not come back: \(error)")
    }
}
