import OrgeSimulatedDisk
import OrgeJournal
import OrgeLink
import OrgeSchema
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
    private(set) var isStopped = false
    /// Records handed over since the last start.
    private(set) var appended: [UInt64] = []
    private var nextLink: UInt64 = 1
    private var durable: UInt64 = 0
    /// Called between append and execute: where a crash can hit.
    var isCutBeforeExecution = false
    /// What each step of the audits is said to have taken.
    var auditNanoseconds: UInt64 = 0
    /// The disk has room for records, not for images.
    var refusesImages = false

    init(_ world: W.Type = W.self, seed: UInt64 = 1) {
        self.seed = seed
        storage = SimulatedStorage(seed: seed)
    }

    /// A rig whose host runs.
    static func started(seed: UInt64 = 1) throws -> HostRig {
        let rig = HostRig(seed: seed)
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

    func start(codeID: String = HostRig.codeID) throws {
        var settings = JournalSettings()
        settings.firstSegmentBytes = 4096
        settings.largestSegmentBytes = 64 * 1024
        settings.keepsHistory = true
        let journal = try Journal.open(
            storage, schema: WorldEngine(W.self, number: 3, seed: 0).schema, number: 3, seedIfNew: seed, codeID: codeID, holder: 1, settings: settings)
        let recovered = try RecoveredHost.recover(W.self, from: journal)
        let recoveredTick = recovered.state.tick
        var started = try recovered.start(codeID: codeID, replayNanoseconds: 0, now: now, imagePoolBytes: imagePoolBytes, linger: linger)
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
        let directives = machine!.handle(event, at: now)
        for directive in directives { obey(directive) }
    }

    private func obey(_ directive: HostDirective) {
        switch directive {
        case .append(let tick, let body):
            uncommitted.append(JournalEntry(tick: tick, body: body))
            appended.append(tick)
        case .execute: if machine != nil, !isCutBeforeExecution { handle(.execute) }
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
        case .stopped: isStopped = true
        }
    }

    /// Everything that edges have to say arrives.
    func deliver() {
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
        handle(.turn(utcMilliseconds: utc))
    }

    /// The journal's thread makes everything durable that it was handed, and then the images.
    func commit() throws {
        guard writer != nil else { return }
        if !uncommitted.isEmpty {
            try write()
            durable = writer?.durableThrough ?? 0
            handle(.durable(through: durable))
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
