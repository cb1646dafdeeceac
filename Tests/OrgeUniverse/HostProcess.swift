import OrgeControl
import OrgeSimulatedDisk
import OrgeHost
import OrgeImage
import OrgeJournal
import OrgeLink
import OrgeSchema
import OrgeTestSupport

/// A host's shell: threads, files and sockets as steps of the agenda. It can die anywhere.
final class HostProcess: Restartable {
    struct Link {
        var wire: Wire
        var reader = FrameStream.link
        /// Reads what the host sends, to hold it against the truth.
        var sniffer = FrameStream.link
        var hasEnded = false
    }

    unowned let universe: Universe
    unowned let folder: WorldFolder
    /// Of this process and those before it under the same server.
    let name: String
    private(set) var gate: GateStorage
    var random: RandomSource
    var machine: HostMachine?
    var writer: PatientWriter?
    /// Handed to the writer and not yet durable, oldest first.
    var handed: [JournalEntry] = []
    /// Counts processes: what was planned for an earlier one does not happen.
    private(set) var life = 0
    /// Takes events; false while it is dead or coming back.
    private(set) var isRunning = false
    private var isBusy = false
    private var inbox: [HostEvent] = []
    var links = SortedMap<UInt64, Link>()
    private var nextLink: UInt64 = 1
    private var wake: UInt64?
    /// Handed to the journal's thread and not yet taken by it.
    var entries: [JournalEntry] = []
    /// The image that is read, a few pages at a time; then its file, until it is published.
    var reading: HostImageReading<ImageFile>?
    var imageFile: ImageFile?
    /// What images have made unneeded and is still there.
    var removal: FileRemoval?
    var isWriting = false
    /// Its journal is at work at this moment.
    var isStepping = false
    var planned: PlannedDeath?
    /// Of the process, which its engine writes.
    var flight = FlightMemory()
    /// What ended the process before in world code; nil once a host runs again.
    var blame: Blame?
    /// The disk is to fail in the next commit.
    var failsNextSync = false
    /// It reads the journal and has not begun.
    var isStarting = false
    /// Of the process; 0 before it has begun.
    private(set) var incarnation: UInt64 = 0
    /// When it began, on the universe's clock.
    private(set) var beganAt: UInt64 = 0
    private(set) var isStopping = false
    private(set) var isStopped = false
    let stoppage = Pause()
    var pause: Pause? { stoppage }
    /// The next commands of sessions, where the host forgets what it has taken.
    var forgetful: Forgetful?
    private var tickCost: UInt64
    let keepsHistory: Bool

    init(_ universe: Universe, _ folder: WorldFolder, name: String, random: RandomSource) {
        self.universe = universe
        self.folder = folder
        self.name = name
        self.random = random
        gate = GateStorage(folder.disk, seed: self.random.next(), universe.settings)
        if universe.settings.breakage == .resendWithoutDedupe { forgetful = Forgetful() }
        tickCost = UInt64(self.random.within(2...80)) * Weather.millisecond
        keepsHistory = self.random.chance(1, outOf: 2)
    }

    var now: UInt64 { universe.agenda.now }
    var world: WorldCase { folder.world }
    var judge: Judge { folder.judge }

    /// The last tick that ran.
    private var tick: UInt64? { machine?.state.tick }
    private var nextTurn: UInt64? { machine?.nextTurn }

    func expect(_ condition: Bool, _ what: @autoclosure () -> String) { universe.verdict.expect(condition, "\(world.name): \(what())") }

    // MARK: Life

    func begin(_ machine: consuming HostMachine, _ writer: consuming JournalWriter) {
        // Only now: a process that dies leaves its file without a name to the next start.
        reading = nil
        imageFile = nil
        removal = nil
        blame = nil
        incarnation = writer.incarnation
        beganAt = now
        self.machine = consume machine
        self.writer = PatientWriter(consume writer)
        isRunning = true
        // Unless a newer one began while this one did.
        if incarnation == judge.incarnation { folder.listens(self) }
        if universe.settings.losesLocks { lookLater() }
        universe.supervisor.hostStarted(self)
        pump()
        // A sync that was to fail before the end may fail only now; the host comes back and must be asked again.
        if universe.isClosing { stop() }
    }

    /// The process is gone, with everything that was only in its memory.
    func die(losesPower: Bool, _ why: String) {
        universe.verdict.note("\(name) dies \(why)\(losesPower ? ", and its disk forgets" : "")")
        universe.verdict.report.hostDeaths += 1
        leave(losesPower: losesPower, keepsAll: false)
        comeBackLater()
        if losesPower, let other = folder.other(than: self) { other.losePower() }
    }

    private func comeBackLater() {
        comeBack(after: universe.weather.between(Weather.millisecond, random.chance(1, outOf: 8) ? 7 * Weather.second : 400 * Weather.millisecond))
    }

    /// The machine has lost its power, because the folder's other host was to die so.
    private func losePower() {
        guard isRunning || isStarting else { return }
        universe.verdict.note("\(name) dies with it")
        universe.verdict.report.hostDeaths += 1
        leave(losesPower: false, keepsAll: false)
        comeBackLater()
    }

    /// Another host has the journal: this server does not start its host again.
    func fenced(_ why: String) {
        if incarnation == 0 { universe.verdict.report.refusedHosts += 1 } else { universe.verdict.report.fencedHosts += 1 }
        leave(losesPower: false, keepsAll: false)
        isStopped = true
        folder.fenced(self, why)
    }

    /// The process dies, and durable records are gone when it comes back.
    func loseTail() {
        guard isRunning, !folder.isDiskFull, !folder.isDiskFailing, planned == nil, !folder.isShared else { return }
        die(losesPower: false, "with the end of its journal")
        do throws(JournalError) {
            guard let left = try folder.disk.loseTail(&random), left < judge.durableTick else { return }
            universe.verdict.note("\(world.name): the disk lost ticks \(left + 1) to \(judge.durableTick)")
            universe.verdict.report.lostTails += 1
            folder.fork(after: left)
        } catch {
            judge.fail("a journal cannot be read: \(error)")
        }
    }

    private func leave(losesPower: Bool, keepsAll: Bool) {
        life += 1
        stoppage.end()
        isRunning = false
        isStarting = false
        incarnation = 0
        isBusy = false
        isWriting = false
        machine = nil
        writer = nil
        inbox = []
        entries = []
        handed = []
        wake = nil
        isStopping = false
        forgetful?.forgetAll()
        if losesPower { folder.disk.crash(seed: random.next()) }
        gate = gate.successor()
        for link in links.values { link.wire.calleeDied(keepsAll: keepsAll) }
        links.removeAll()
    }

    func die(losesPower: Bool, at point: CrashPoint, _ more: String = "") {
        universe.verdict.report.deaths[point.rawValue] += 1
        if losesPower { universe.verdict.report.powerCuts[point.rawValue] += 1 }
        die(losesPower: losesPower, "\(point)\(more)")
    }

    func comeBack(after delay: UInt64) {
        later(delay) { [self] in start() }
    }

    /// An orderly stop.
    func stop() {
        guard isRunning, !isStopping else { return }
        universe.verdict.note("\(name) is asked to stop")
        isStopping = true
        arrive { [self] in receive(.stop) }
    }

    private func stopped() {
        universe.verdict.note("\(name) stopped")
        universe.verdict.report.hostStops += 1
        // One that has not found out yet that it is fenced stopped behind the world.
        if incarnation == judge.incarnation, let tick, let hash = machine?.state.stateHash, let chain = machine?.state.chains,
            let sessions = machine?.state.hostHash
        {
            judge.checkState(tick: tick, hash: hash, chain: chain, sessions: sessions)
        }
        leave(losesPower: false, keepsAll: true)
        if universe.isClosing { isStopped = true } else { comeBack(after: universe.weather.between(Weather.millisecond, 300 * Weather.millisecond)) }
    }

    // MARK: Edges

    /// - Returns: whether the host listens.
    func accept(_ wire: Wire) -> Bool {
        guard isRunning else { return false }
        let number = nextLink
        nextLink += 1
        links[number] = Link(wire: wire)
        wire.toCallee.onBytes = { [self] bytes in arrive { [self] in hear(number, bytes) } }
        wire.toCallee.onEnd = { [self] in arrive { [self] in close(number) } }
        arrive { [self] in receive(.linkOpened(number)) }
        return true
    }

    private func hear(_ number: UInt64, _ bytes: [UInt8]) {
        _ = links.update(number) { $0.reader.append(bytes) }
        do throws(DecodeError) {
            while let body = try nextFrame(number) {
                let frame = try EdgeFrame(decoding: body)
                inbox.append(.frame(link: number, forgetful?.tamper(frame, self) ?? frame))
            }
        } catch {
            judge.fail("an edge sent what is no frame: \(error)")
        }
        pump()
    }

    private func nextFrame(_ number: UInt64) throws(DecodeError) -> [UInt8]? {
        guard var link = links[number] else { return nil }
        let frame = try link.reader.nextFrame()
        links[number] = link
        return frame
    }

    private func close(_ number: UInt64) {
        guard links[number] != nil else { return }
        links[number] = nil
        receive(.linkClosed(number))
    }

    // MARK: The tick thread

    func receive(_ event: HostEvent) {
        guard isRunning else { return }
        inbox.append(event)
        pump()
    }

    /// Hands in what waits, then lets a tick begin when one is due.
    private func pump() {
        while isRunning, !isBusy, !inbox.isEmpty {
            let event = inbox.removeFirst()
            if case .durable = event, reaches(.beforeRelease) { return }
            handle(event)
            // Audits take some time in some universes, so that they wait for their share.
            if case .stepAudits = event, isRunning, machine!.measured(audits: universe.weather.between(0, 4 * Weather.millisecond)) {
                inbox.append(.stepAudits)
            }
        }
        guard isRunning, !isBusy, let due = nextTurn else { return }
        plan(turn: max(due, now) + (random.chance(1, outOf: 3) ? universe.weather.linkDelay() : 0))
    }

    private func plan(turn time: UInt64) {
        if let wake, wake <= time { return }
        wake = time
        later(time - now) { [self] in
            guard wake == time else { return }
            wake = nil
            turn()
        }
    }

    private func turn() {
        guard isRunning, !isBusy else { return }
        let before = tick
        handle(.turn(utcMilliseconds: universe.utcMilliseconds))
        guard isRunning, !isBusy else { return }
        // A machine that is due at once must do something when it gets its turn.
        let isIdle = tick == before && nextTurn.map { $0 <= now } ?? false
        expect(!isIdle, "the host wants a turn at once, gets it, and does nothing")
        pump()
    }

    private func handle(_ event: HostEvent) {
        let bomb = Bomb(flight.slot)
        let directives = universe.settings.isPoisoned ? bomb.arm { machine!.handle(event, at: now) } : machine!.handle(event, at: now)
        if let hit = bomb.hit { return fail(on: hit) }
        if case .execute = event {
            machine!.measured(tick: tickCost, at: now)
            if reaches(.executed) { return }
        }
        obey(directives)
    }

    /// World code has failed. The process ends a little later: the handler of the signal holds it until the tick's record is durable, for half a second
    /// at most.
    private func fail(on entry: FlightEntry) {
        isBusy = true
        later(universe.weather.between(0, 500 * Weather.millisecond)) { [self] in die(of: entry) }
    }

    /// What the supervisor finds in the recorder.
    func die(of entry: FlightEntry) {
        universe.verdict.report.faults += 1
        blame = Blame(entry: entry, cause: .signal(4))
        die(
            losesPower: random.chance(1, outOf: 4),
            "of \(entry.phase.name) \(entry.sequence) of \(entry.source.map { "\($0)" } ?? "none") in tick \(entry.tick)")
    }

    private func obey(_ directives: [HostDirective]) {
        let life = life
        var sends = 0
        for directive in directives {
            if case .send = directive {
                if sends >= planned?.skips ?? 0, sends > 0, reaches(.duringRelease) { return }
                sends += 1
            }
            obey(directive)
            if self.life != life { return }
        }
        if sends > 0 { _ = reaches(.afterRelease) }
    }

    private func obey(_ directive: HostDirective) {
        switch directive {
        case .append(let tick, let body):
            if reaches(.sealed) { return }
            entries.append(JournalEntry(tick: tick, body: body))
            if universe.settings.breakage == .releaseBeforeDurable { inbox.append(.durable(through: tick)) }
            workOnDisk()
        case .execute:
            if reaches(.appended) { return }
            occupy(universe.weather.executionDelay(), .execute)
        case .beginImage: occupy(universe.weather.executionDelay(), .beginImage)
        case .readImage(let header, let frozen): read(header, frozen)
        case .publishImage(let tick): later(universe.weather.diskDelay()) { [self] in publish(tick) }
        case .stepAudits:
            inbox.append(.stepAudits)
        case .send(let link, let bytes): send(link, bytes)
        case .close(let link, let why): drop(link, why)
        case .answerLift: judge.fail("a host answers what no operator asked")
        case .stopped: stopped()
        }
    }

    /// The tick thread works, and hears of everything else afterwards.
    private func occupy(_ delay: UInt64, _ event: HostEvent) {
        isBusy = true
        later(delay) { [self] in
            isBusy = false
            handle(event)
            pump()
        }
    }

    private func send(_ number: UInt64, _ bytes: [UInt8]) {
        guard var link = links[number] else { return }
        link.sniffer.append(bytes)
        do throws(DecodeError) {
            while let body = try link.sniffer.nextFrame() { judge.hear(try HostFrame(decoding: body), of: incarnation) }
        } catch {
            judge.fail("a host sent what is no frame: \(error)")
        }
        links[number] = link
        universe.verdict.mix(hash64(bytes))
        link.wire.toCaller.send(bytes)
    }

    private func drop(_ number: UInt64, _ why: String) {
        guard let link = links[number] else { return }
        universe.verdict.note("\(world.name) closes link \(number): \(why)")
        universe.hostClosed(why, world)
        links[number] = nil
        link.wire.toCallee.deafen()
        link.wire.toCaller.end(keepsAll: true)
    }

    /// Dies when that was planned for this point.
    func reaches(_ point: CrashPoint) -> Bool {
        guard let planned, planned.point == point else { return false }
        self.planned = nil
        die(losesPower: planned.losesPower, at: point)
        return true
    }
}
