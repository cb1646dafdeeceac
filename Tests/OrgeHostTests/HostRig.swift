import OrgeControl
import OrgeSimulatedDisk
import OrgeJournal
import OrgeLink
import OrgeSchema
import OrgeTestSupport
import OrgeWorld
import Testing

@testable import OrgeHost
import OrgeImage

/// A host with its journal on a simulated disk, stepped by hand. Directives are obeyed at once, except that records wait for ``commit()``.
final class HostRig<W: World> {
    static var codeID: String { "c0de" }
    let storage: SimulatedStorage
    let seed: UInt64
    var machine: HostMachine?
    var writer: JournalWriter?
    var now: UInt64 = 1_000_000_000
    var utc: UInt64 = 1_700_000_000_000
    var edges: [TestEdge] = []
    private(set) var uncommitted: [JournalEntry] = []
    /// The image that is read, some pages in each ``commit()``.
    private var reading: HostImageReading<ImageFile>?
    private var imageFile: ImageFile?
    /// The tick of an image that is to be published.
    private var publishing: UInt64?
    private(set) var imagesWritten = 0
    /// Pages of an image that are read in one ``commit()``.
    var pagesAtOnce = Int.max
    /// Of the next start.
    var imagePoolBytes: Int?
    var linger = HostLimits.linger
    var largeWorld = HostLimits.largeWorld
    private(set) var isStopped = false
    /// By the numbers of the requests.
    private(set) var liftAnswers: [UInt32: LiftAnswer] = [:]
    /// Records handed over since the last start.
    private(set) var appended: [UInt64] = []
    private var nextLink: UInt64 = 1
    private var durable: UInt64 = 0
    /// Called between append and execute: where a crash can hit.
    var isCutBeforeExecution = false
    /// What each step of the audits is said to have taken.
    var auditNanoseconds: UInt64 = 0
    /// What the last process failed on in world code; nil while one lives.
    private(set) var failed: FlightEntry?
    /// Given to the next start.
    var blame: Blame?
    /// The code does not fail any more on what it failed on.
    var isMended = false
    /// Ends of processes in world code.
    private(set) var failures = 0
    /// What the last start did about a fault, or why it did nothing.
    private(set) var contained: RecordedFault?
    private(set) var uncontained: Uncontained?
    private var flight = FlightMemory()
    /// The disk has room for records, not for images.
    var refusesImages = false

    /// - Parameter storage: of another rig, whose world this is after its code has changed.
    init(_ world: W.Type = W.self, seed: UInt64 = 1, storage: SimulatedStorage? = nil) {
        self.seed = seed
        self.storage = storage ?? SimulatedStorage(seed: seed)
    }

    /// A rig whose host runs.
    static func started(seed: UInt64 = 1, largeWorld: Int = HostLimits.largeWorld) throws -> HostRig {
        let rig = HostRig(seed: seed)
        rig.largeWorld = largeWorld
        try rig.start()
        return rig
    }

    /// A rig whose host runs, with one edge.
    static func withEdge(seed: UInt64 = 1) throws -> (HostRig, TestEdge) {
        let rig = try started(seed: seed)
        return (rig, rig.addEdge(id: 1))
    }

    var tick: UInt64 { machine!.state.tick }
    var nextTurn: UInt64? { machine?.nextTurn }

    /// - Parameter migrates: data of an earlier schema is allowed.
    func start(codeID: String = HostRig.codeID, migrates: Bool = false) throws {
        failed = nil
        flight = FlightMemory()
        flight.slot.begin(run: 1, thread: 1)
        var settings = JournalSettings()
        settings.firstSegmentBytes = 4096
        settings.largestSegmentBytes = 64 * 1024
        settings.keepsHistory = true
        let journal = try Journal.open(
            storage, schema: WorldEngine(W.self, number: 3, seed: 0).schema, number: 3, seedIfNew: seed, codeID: codeID, holder: 1, settings: settings,
            migrates: migrates)
        let bomb = Bomb(flight.slot)
        var result: RecoveredHost?
        try bomb.arm { result = try RecoveredHost.recover(W.self, from: journal, blame: blame, flight: flight.slot) }
        (contained, uncontained) = (result?.contained, result?.uncontained)
        if let hit = bomb.hit, !isMended { return fail(hit) }
        guard let recovered = result.take() else { preconditionFailure("a start that failed goes on") }
        let recoveredTick = recovered.state.tick
        var started = try recovered.start(
            codeID: codeID, replayNanoseconds: 0, now: now, imagePoolBytes: imagePoolBytes, linger: linger, largeWorld: largeWorld)
        blame = nil
        durable = recoveredTick
        // Only now: a process that dies leaves its file without a name to the next start.
        reading = nil
        imageFile = nil
        writer = started.takeWriter()
        machine = started.takeMachine()
    }

    func connect(_ edge: TestEdge) {
        edge.link = nextLink
        nextLink += 1
        edge.connected()
        handle(.linkOpened(edge.link!))
    }

    func addEdge(id: UInt64) -> TestEdge {
        let edge = TestEdge(id: id, world: W.name)
        edges.append(edge)
        connect(edge)
        return edge
    }

    func disconnect(_ edge: TestEdge) {
        guard let link = edge.link else { return }
        edge.lost()
        handle(.linkClosed(link))
    }

    func handle(_ event: HostEvent) {
        // A process that has failed in world code gets nothing any more.
        guard failed == nil else { return }
        let directives = machine!.handle(event, at: now)
        for directive in directives { obey(directive) }
    }

    private func obey(_ directive: HostDirective) {
        switch directive {
        case .append(let tick, let body):
            uncommitted.append(JournalEntry(tick: tick, body: body))
            appended.append(tick)
        case .execute: if machine != nil, !isCutBeforeExecution { execute() }
        case .beginImage: if machine != nil, !isCutBeforeExecution { handle(.beginImage) }
        case .readImage(let header, let host): beginReading(header, host)
        case .publishImage(let tick): publishing = tick
        case .stepAudits:
            var hasMore = machine != nil && !isCutBeforeExecution
            while hasMore {
                let directives = machine!.handle(.stepAudits, at: now)
                hasMore = machine!.measured(audits: auditNanoseconds)
                for directive in directives { obey(directive) }
            }
        case .send(let link, let bytes): edges.first { $0.link == link }?.receive(bytes)
        case .close(let link, _): edges.first { $0.link == link }?.lost()
        case .answerLift(let request, let answer): liftAnswers[request] = answer
        case .stopped: isStopped = true
        }
    }

    private func execute() {
        let bomb = Bomb(flight.slot)
        let directives = bomb.arm { machine!.handle(.execute, at: now) }
        if let hit = bomb.hit, !isMended { return fail(hit) }
        for directive in directives { obey(directive) }
    }

    /// The process ends in world code; ``recoverFromFailure(records:losesPower:seed:)`` goes on from here.
    private func fail(_ entry: FlightEntry) {
        failed = entry
        failures += 1
        machine = nil
        reading = nil
        imageFile = nil
    }

    /// What the supervisor does: blames the work, has the tick examined, and starts the next host with that; again, when that one fails as well.
    /// - Parameter records: whether what was handed to the journal became durable before the end.
    func recoverFromFailure(records: Bool, losesPower: Bool = false, seed: UInt64 = 0, codeID: String = HostRig.codeID) throws {
        var starts = 0
        while let entry = failed {
            starts += 1
            guard starts < 50 else {
                let faults = try Journal.inspect(storage.copy()).faults().map { "\($0.tick): \($0.amendment.grade) \($0.amendment.what)" }
                preconditionFailure("seed \(self.seed): it fails on \(entry) again and again: \(String(describing: uncontained)), \(faults)")
            }
            if records, writer != nil, !uncommitted.isEmpty { _ = try writer!.append(uncommitted) }
            crash(losesPower: losesPower, seed: seed)
            blame = Blame(entry: try examined(entry), cause: .signal(4))
            try start(codeID: codeID)
        }
        for edge in edges { connect(edge) }
    }

    /// The same tick, run once more in a process of its own, which says the entity that a system visits.
    private func examined(_ entry: FlightEntry) throws -> FlightEntry {
        guard entry.phase == .system else { return entry }
        let memory = FlightMemory()
        memory.slot.begin(run: 2, thread: 1)
        let bomb = Bomb(memory.slot)
        let journal = try Journal.inspect(storage.copy())
        try bomb.arm { try RecoveredHost.examine(W.self, journal, blame: Blame(entry: entry, cause: .signal(4)), flight: memory.slot) }
        guard let hit = bomb.hit, hit.isSameWork(as: entry) else { return entry }
        return hit
    }

    /// Everything that edges have to say arrives.
    func deliver() {
        guard machine != nil else { return }
        for edge in edges {
            for frame in edge.drainFrames() {
                guard let link = edge.link else { break }
                handle(.frame(link: link, frame))
            }
        }
    }

    /// The clock moves on and a tick may begin.
    func turn(after nanoseconds: UInt64 = 1_000_000) {
        now += nanoseconds
        utc += nanoseconds / 1_000_000
        guard machine != nil else { return }
        handle(.turn(utcMilliseconds: utc))
    }

    /// The journal's thread makes everything durable that it was handed, and then the images.
    func commit() throws {
        guard writer != nil, machine != nil else { return }
        if !uncommitted.isEmpty {
            try write()
            durable = writer?.durableThrough ?? 0
            handle(.durable(through: durable))
            guard machine != nil else { return }
        }
        try readImage()
        guard publishing != nil, let file = imageFile.take() else { return }
        let tick = publishing!
        publishing = nil
        try file.publish()
        var removal = try writer!.adoptImage(tick: tick)
        try removal.finish(in: storage)
        imagesWritten += 1
        handle(.imageWritten(tick: tick))
    }

    /// After a disk error the next call goes on in a new segment.
    private func write() throws {
        if writer?.failure != nil {
            let (count, damage) = try writer!.renew(with: uncommitted)
            uncommitted.removeFirst(count)
            if damage != nil { handle(.imageNeeded(recorded: writer?.recordedThrough ?? 0)) }
            return
        }
        let entries = uncommitted
        uncommitted = []
        do {
            if case .noRoom(let first, _, _) = try writer!.append(entries) { uncommitted = Array(entries[first...]) }
        } catch {
            uncommitted = Array(entries[(writer?.appendedCount ?? 0)...])
        }
    }

    private func beginReading(_ header: ImageHeader, _ host: FrozenHost) {
        guard writer != nil, !refusesImages else { return handle(.imageFailed(.storage("no room"))) }
        do throws(JournalError) {
            reading = try HostImageReading(host, header, to: try writer!.imageFile(tick: header.tick))
        } catch {
            handle(.imageFailed(.storage("\(error)")))
        }
    }

    /// The image thread reads some pages.
    private func readImage() throws {
        for _ in 0..<pagesAtOnce {
            guard reading != nil else { return }
            switch try reading!.step() {
            case .more: continue
            case .busy: preconditionFailure("a page is busy in one thread")
            case .lost:
                reading = nil
                return handle(.imageFailed(.tooManyChanges))
            case .end:
                if let whole = reading.take() { imageFile = try whole.finish() }
                return handle(.imageRead)
            }
        }
    }

    /// Inputs arrive, ticks run and are committed until nothing moves any more.
    func settle(rounds: Int = 60) throws {
        for _ in 0..<rounds {
            deliver()
            turn()
            try commit()
            deliver()
        }
    }

    /// The process dies. With power loss, the disk forgets what it was not made to keep.
    func crash(losesPower: Bool, seed: UInt64) {
        if losesPower { storage.crash(seed: seed) } else { storage.killProcess() }
        publishing = nil
        machine = nil
        writer = nil
        uncommitted = []
        isCutBeforeExecution = false
        for edge in edges where edge.link != nil { edge.lost() }
    }

    func restart() throws {
        try start()
        for edge in edges { connect(edge) }
    }
}
