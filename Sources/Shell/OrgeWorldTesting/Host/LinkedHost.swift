import OrgeHost
import OrgeLink
import OrgeSchema
import OrgeSystem
import OrgeWorld

/// The host of a tested world, stepped by hand, with the edge's end of its only link.
///
/// It is the server's own ``HostMachine``: what comes in goes through its queues, is sealed, recorded, executed and released as in a real host. The journal
/// is a disk that never fails: each record is durable at once.
final class LinkedHost {
    private static let edge: UInt64 = 1
    private static let link: UInt64 = 1
    /// Of a tick where the pace gives none: often enough that deadlines are met within a tick or two.
    private static let nanosecondsWithoutPace: UInt64 = 50_000_000
    /// 2026-01-01.
    private static let firstUTCMilliseconds: UInt64 = 1_767_225_600_000

    private var machine: HostMachine
    private let period: UInt64
    private var elapsed: UInt64 = 0
    private var batch = InputBatchWriter()
    private var batchNumber: UInt64 = 0
    private var reader = FrameStream.link
    private var unacknowledged: UInt64?
    private var news = TickNews()
    private(set) var views: ClientViews
    /// Runs each tick a second time elsewhere; nil where nothing is verified.
    var verifier: Verifier?

    init(_ kind: WorldKind, seed: UInt64) {
        let state = HostState(new: kind.makeEngine(seed))
        let (tick, chain) = (state.tick, state.chain)
        var settings = HostSettings(codeID: "test", incarnation: 1)
        // No images but those that a verifier takes.
        settings.imageBytes = .max
        machine = HostMachine(state, settings: settings, replayed: RetainedTicks(after: tick, chain: chain), now: 0)
        let paced = UInt64(machine.state.engine.pace.tickMicroseconds) * 1_000
        period = paced > 0 ? paced : Self.nanosecondsWithoutPace
        views = ClientViews(machine.state.engine.schema, world: machine.state.engine.worldNumber)
        machine.state.engine.flight.begin(run: 1, thread: currentThread())
        handle(.linkOpened(Self.link))
        deliver(EdgeFrame.encode(EdgeHello(world: kind.name, edgeID: Self.edge, incarnation: 0)))
    }

    var engine: WorldEngine { machine.state.engine }
    var worldNumber: UInt16 { engine.worldNumber }

    // MARK: what the edge sends; it arrives with the next step

    func join(_ attachment: UInt64, _ identity: Identity) { batch.join(attachment: attachment, identity) }
    func leave(_ attachment: UInt64) { batch.leave(attachment: attachment) }
    func disconnect(_ attachment: UInt64) { batch.detach(attachment: attachment) }

    func command(_ session: UInt64, _ sequence: UInt64, _ kind: UInt16, _ payload: [UInt8], _ key: IdempotencyKey?) {
        guard let key else { return batch.command(session: session, sequence: sequence, kind: kind, payload: payload[...]) }
        batch.command(session: session, sequence: sequence, key: key, kind: kind, payload: payload[...])
    }

    func intent(_ session: UInt64, _ number: UInt32, _ kind: UInt16, _ payload: [UInt8]) {
        batch.intent(session: session, number: number, kind: kind, payload: payload[...])
    }

    func acknowledge(_ session: UInt64, _ sequence: UInt64) { batch.acknowledge(session: session, through: sequence) }

    // MARK: time

    /// The clock moves on by one tick, and the host runs a tick if its pace wants one.
    /// - Returns: what was released.
    func step() -> TickNews {
        news = TickNews()
        if let tick = unacknowledged.take() { deliver(EdgeFrame.encode(released: tick, world: worldNumber)) }
        flush()
        elapsed += period
        handle(.turn(utcMilliseconds: Self.firstUTCMilliseconds + elapsed / 1_000_000))
        return news
    }

    /// Changes the world between two ticks, and alike where its ticks are run again.
    func change(_ body: (inout Turn) throws(Refusal) -> Void) throws(Refusal) {
        try engine.change(body)
        try verifier?.change(body)
    }

    /// Runs every tick from now on a second time.
    func verify(_ kind: WorldKind, seed: UInt64, checks: Verifier.Checks) {
        verifier = Verifier(kind, seed: seed, checks, beside: machine.state)
    }

    private func flush() {
        guard batch.count > 0 else { return }
        batchNumber += 1
        deliver(batch.finish(number: batchNumber, world: worldNumber))
    }

    private func deliver(_ bytes: [UInt8]) {
        do throws(DecodeError) {
            // Without the length before it.
            handle(.frame(link: Self.link, try EdgeFrame(decoding: Array(bytes[4...]))))
        } catch {
            preconditionFailure("the testing module's own frame: \(error)")
        }
    }

    private func handle(_ event: HostEvent) {
        for directive in machine.handle(event, at: elapsed) { obey(directive) }
    }

    private func obey(_ directive: HostDirective) {
        switch directive {
        case .append(let tick, let body): news.record = (tick, body)
        case .execute: execute()
        case .send(_, let bytes): receive(bytes)
        case .close(_, let why): preconditionFailure("the host closed the testing module's link: \(why)")
        case .beginImage, .readImage, .publishImage, .stepAudits, .answerLift, .stopped: preconditionFailure("a directive that nothing in a test asks for")
        }
    }

    private func execute() {
        guard let (tick, body) = news.record else { preconditionFailure("a tick without a record") }
        let directives = machine.handle(.execute, at: elapsed)
        for directive in directives { obey(directive) }
        verifier?.run(body, beside: machine.state)
        handle(.durable(through: tick))
    }

    private func receive(_ bytes: [UInt8]) {
        reader.append(bytes)
        do throws(DecodeError) {
            while let frame = try reader.nextFrame() {
                switch try HostFrame(decoding: frame) {
                case .image(let image): views.add(image)
                case .release(let release):
                    views.add(release)
                    news.add(release)
                    if release.isLast { unacknowledged = release.tick }
                case .hello, .auditAnswer, .sessions, .refusedEdge: continue
                }
            }
        } catch {
            preconditionFailure("a frame of the host: \(error)")
        }
    }
}
