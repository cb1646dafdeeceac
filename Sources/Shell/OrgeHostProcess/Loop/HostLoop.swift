import Glibc
import OrgeControl
import OrgeHost
import OrgeJournal
import OrgeSchema
import OrgeSystem
import OrgeWorld

/// The host's main thread: waits for edges, the journal, the supervisor and the clock, tells the machine, does what it says.
final class HostLoop {
    /// Nanoseconds between two reports to the supervisor, which calls two seconds without one a silence.
    private static let statusPeriod: UInt64 = 250_000_000

    private var host: StartedHost
    private let journal: JournalThread
    private let images: ImageThread
    let disk: DiskMeter
    let calls: DiskCalls
    private let control: ControlLink
    private let signals: SignalQueue
    private let listener: Listener
    let schema: WorldSchema
    private let number: UInt16
    private var sockets: [LinkSocket] = []
    private var nextLink: UInt64 = 1
    /// Records that the journal's mailbox had no room for; the machine bounds them.
    private var refusedRecords: [(tick: UInt64, body: [UInt8])] = []
    private var nextStatus: UInt64 = 0
    var freeSpace: FreeSpaceWatch
    /// What the journal's thread says of the disk.
    var storage = StorageState.works
    /// What the start has dropped after the last whole record.
    private let dropped: (bytes: Int, tick: UInt64)
    private var failure: ProgramFailure?
    private var isStopped = false
    /// In this turn; what is released leaves at its end.
    private var hasReleased = false

    /// - Parameters:
    ///   - started: its folder is the world's, locked; the socket is in it.
    init(_ started: consuming Started, _ starting: Starting, _ options: HostOptions, signals: consuming SignalQueue) throws(ProgramFailure) {
        control = starting.control
        calls = starting.calls
        self.signals = signals
        schema = started.schema
        number = options.number
        dropped = (started.droppedBytes, started.droppedTick)
        freeSpace = FreeSpaceWatch(floor: UInt64(options.diskFloorMebibytes) << 20)
        let writer = started.host.takeWriter()
        do throws(SystemError) {
            listener = try started.folder.listen(on: "link.sock")
            images = try ImageThread(CrashPoint.watching(started.storage, isJournal: false))
            let journal = try JournalThread(writer, flight: started.host.machine.state.engine.flight)
            let folder = started.folder.path
            disk = try starting.calls.during { () throws(SystemError) in try DiskMeter(folder: folder, journal: journal) }
            self.journal = journal
        } catch {
            throw ProgramFailure(error)
        }
        host = started.host
    }

    /// Serves until an orderly stop.
    func run() throws(ProgramFailure) {
        let status = host.machine.status(at: monotonicNanoseconds())
        control.send(
            .hostReady(
                HostReady(
                    name: schema.name, version: schema.version, number: number, schemaHash: schema.hash, incarnation: UInt64(status.incarnation),
                    tick: status.tick, droppedBytes: UInt64(dropped.bytes), droppedTick: dropped.tick)))
        CrashPoint.serve()
        while !isStopped {
            turn()
            if let failure { throw failure }
        }
        report(at: monotonicNanoseconds())
        for socket in sockets { _ = socket.flush() }
    }

    /// One turn: waits, reads every descriptor that is ready, lets a tick begin, and sends what the machine wants sent.
    private func turn() {
        let fixed =
            [signals.descriptor.number, journal.reports.bell.number, listener.descriptor.number, images.reports.bell.number]
            + [control.number].compactMap { $0 }
        let links = sockets.map { Awaited($0.descriptor.number, $0.isCongested ? .both : .readable) }
        let ready = waitUntilReady(fixed.map { Awaited($0) } + links, timeoutMilliseconds: timeout())
        if ready[1] { hearJournal() }
        if ready[0] { hearSignals() }
        if ready[2] { accept() }
        if ready[3] { hearImages() }
        if fixed.count > 4, ready[4] { hearSupervisor() }
        for (socket, isReady) in zip(sockets, ready[fixed.count...]) where isReady { hear(socket) }
        if let next = host.machine.nextTurn, next <= monotonicNanoseconds() { CrashPoint.beforeSeal.pass() }
        handle(.turn(utcMilliseconds: utcMilliseconds()))
        for socket in sockets where !socket.flush() { lose(socket) }
        if hasReleased { CrashPoint.afterRelease.pass() }
        hasReleased = false
        let now = monotonicNanoseconds()
        if now >= nextStatus { report(at: now) }
    }

    /// Milliseconds until something is due, rounded up: a turn before its time would only be repeated.
    private func timeout() -> Int32 {
        let now = monotonicNanoseconds()
        let next = min(host.machine.nextTurn ?? .max, control.number == nil ? .max : nextStatus)
        guard next != .max else { return -1 }
        guard next > now else { return 0 }
        return Int32(clamping: (next - now + 999_999) / 1_000_000)
    }

    private func hearSignals() {
        do throws(SystemError) {
            while try signals.next() != nil { handle(.stop) }
        } catch {
            failure = ProgramFailure(message: "\(error)")
        }
    }

    /// The end of the supervisor is the end of the host; the lifeline says so more forcefully.
    private func hearSupervisor() {
        for message in control.read() {
            switch message {
            case .edges(let roster): handle(.edges(roster))
            case .lift(let request, let target): handle(.lift(request: request, target))
            case .stopping, .worldFailed, .slots, .recallSlots, .worldSilent, .worldResponds:
                failure = ProgramFailure(message: "the supervisor sent a host what is for edges")
            }
        }
        if let fault = control.fault { failure = ProgramFailure(message: "the supervisor sent an undecodable message: \(fault)") }
        if control.isOver { handle(.stop) }
    }

    private func hearJournal() {
        for report in journal.reports.drain() {
            switch report {
            case .durable(let tick):
                CrashPoint.beforeRelease.pass()
                handle(.durable(through: tick))
                hasReleased = true
            case .noRoom, .segmentFailed, .stuck, .imageNeeded, .diskWorks: hearOfDisk(report)
            case .fenced(let why): failure = ProgramFailure(message: why, end: .fenced)
            case .imageAdopted(let tick, let removal): images.remove(removal, tick: tick)
            }
        }
        let waiting = refusedRecords
        refusedRecords = []
        for record in waiting { append(record.tick, record.body) }
    }

    private func hearImages() {
        for report in images.reports.drain() {
            switch report {
            case .read: handle(.imageRead)
            case .written(let tick): journal.adoptImage(tick: tick)
            case .tidied(let tick): handle(.imageWritten(tick: tick))
            case .untidy(let why): printError("\(schema.name): old images or segments were not removed: \(why)")
            case .failed(let failure):
                let why =
                    switch failure {
                    case .tooManyChanges: "too much changed while it was read; it is tried again later"
                    case .storage(let error): error
                    }
                printError("\(schema.name): an image was not written, a start replays from the one before: \(why)")
                handle(.imageFailed(failure))
            }
        }
    }

    private func accept() {
        do throws(SystemError) {
            while let descriptor = try listener.accept() {
                let socket = LinkSocket(nextLink, descriptor, world: number)
                nextLink += 1
                sockets.append(socket)
                handle(.linkOpened(socket.link))
            }
        } catch {
            printError("\(schema.name): an edge could not be accepted: \(error)")
        }
    }

    private func hear(_ socket: LinkSocket) {
        switch socket.receive() {
        case .frames(let frames): for frame in frames { handle(.frame(link: socket.link, frame)) }
        case .bad(let frames, let why):
            for frame in frames { handle(.frame(link: socket.link, frame)) }
            handle(.badFrame(link: socket.link, why: why))
        case .over(let frames):
            for frame in frames { handle(.frame(link: socket.link, frame)) }
            lose(socket)
        }
    }

    private func lose(_ socket: LinkSocket) {
        sockets.removeAll { $0 === socket }
        handle(.linkClosed(socket.link))
    }
}

/// Obeying the machine.
extension HostLoop {
    func handle(_ event: HostEvent) {
        for directive in host.machine.handle(event, at: monotonicNanoseconds()) { obey(directive) }
    }

    private func obey(_ directive: HostDirective) {
        switch directive {
        case .append(let tick, let body):
            CrashPoint.afterSeal.pass()
            append(tick, body)
        case .execute:
            let began = monotonicNanoseconds()
            let directives = host.machine.handle(.execute, at: began)
            let ended = monotonicNanoseconds()
            host.machine.measured(tick: ended - began, at: ended)
            host.machine.encodeHeldTick()
            for directive in directives { obey(directive) }
        case .beginImage: handle(.beginImage)
        case .readImage(let header, let frozen): images.read(header, frozen)
        case .publishImage(let tick): images.publish(tick: tick)
        case .stepAudits: stepAudits()
        case .send(let link, let bytes): sockets.first { $0.link == link }?.send(bytes)
        case .close(let link, let why): close(link, why)
        case .answerLift(let request, let answer): control.send(.lifted(request: request, answer))
        case .stopped: isStopped = true
        }
    }

    private func stepAudits() {
        var hasMore = true
        while hasMore {
            let began = monotonicNanoseconds()
            let directives = host.machine.handle(.stepAudits, at: began)
            hasMore = host.machine.measured(audits: monotonicNanoseconds() - began)
            for directive in directives { obey(directive) }
        }
    }

    private func append(_ tick: UInt64, _ body: [UInt8]) {
        if refusedRecords.isEmpty, journal.append(tick: tick, body: body) { return }
        refusedRecords.append((tick, body))
    }

    private func close(_ link: UInt64, _ why: String) {
        guard let index = sockets.firstIndex(where: { $0.link == link }) else { return }
        printError("\(schema.name): the link to an edge is closed: \(why)")
        _ = sockets[index].flush()
        sockets.remove(at: index)
    }

    private func report(at now: UInt64) {
        nextStatus = now + Self.statusPeriod
        watchFreeSpace()
        guard !control.isCongested else { return control.flush() }
        let status = host.machine.status(at: now)
        control.send(
            .hostStatus(
                OrgeControl.HostStatus(
                    tick: status.tick, hash: status.hash, incarnation: UInt64(status.incarnation), tickP50Nanoseconds: status.tickTimes.p50,
                    tickP99Nanoseconds: status.tickTimes.p99, tickMaxNanoseconds: status.tickTimes.max, late: status.lateTicks,
                    entities: UInt64(status.entities),
                    images: HostImageStatus(
                        tick: status.images.tick, lost: status.images.lost, failed: status.images.failed, stopped: status.images.stopped,
                        trouble: status.images.trouble),
                    disk: diskStatus(at: now), diskCallNanoseconds: calls.lasting(at: now), faults: status.faults)))
    }
}
