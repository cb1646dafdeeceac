import OrgeSchema
import OrgeSession
import OrgeWire

/// A client that behaves up to a point and is then wrong in one way. It must be told why, and closed; no other client may notice.
final class HostileClient: Restartable {
    unowned let universe: Universe
    private let folder: WorldFolder
    private let name: String
    private var random: RandomSource
    private var attack = Attack.noise
    private let attacks: [Attack]
    private var session: ClientSession?
    private var wire: Wire?
    private weak var edge: EdgeProcess?
    private var buffer = FrameStream.server
    private(set) var life = 0
    private var isDone = false
    private var closed: Close?
    private var isForgiven = false
    private var stint: UInt64 = 0
    /// Of the timeline that it joined: numbers of sessions are given again after a fork.
    private var judge: Judge?
    private(set) var isCalm = false

    /// Nanoseconds in which an answer must have come: the handshake's limit, the timer's interval, the network.
    private static let patience = 9 * Weather.second

    init(_ universe: Universe, _ folder: WorldFolder, name: String, attacks: [Attack], seed: UInt64) {
        self.universe = universe
        self.folder = folder
        self.name = name
        self.attacks = attacks
        random = RandomSource(seed: seed)
    }

    private var now: UInt64 { universe.agenda.now }

    func calm() { isCalm = true }

    func connect() {
        guard !isCalm else { return }
        life += 1
        attack = attacks[random.below(attacks.count)]
        let wire = universe.wire { [universe] in universe.weather.clientDelay() }
        let edge = universe.edges[random.below(universe.edges.count)]
        self.edge = edge
        guard edge.accept(wire) else { return connectLater() }
        self.wire = wire
        (isDone, closed, isForgiven) = (false, nil, false)
        buffer = FrameStream.server
        wire.toCaller.onBytes = { [self] bytes in hear(bytes) }
        wire.toCaller.onEnd = { [self] in ended() }
        session = nil
        if attack.stage == .connected {
            strike()
        } else {
            var session = ClientSession(.init(kind: .debug, software: "hostile", name: name))
            let frames = session.start(now: now)
            send(frames[0])
            if attack.stage == .greeted { strike() } else { send(frames[1]) }
            self.session = consume session
        }
    }

    private func connectLater() {
        later(universe.weather.between(Weather.millisecond, 800 * Weather.millisecond)) { [self] in connect() }
    }

    private func send(_ frame: ClientFrame) {
        var writer = ByteWriter()
        frame.encode(to: &writer)
        wire?.toCallee.send(writer.take())
    }

    private func ended() {
        if let wire, closed == nil, !wire.isBroken, isDone { universe.verdict.fail("a hostile client (\(attack)) was closed without a word") }
        over()
    }

    private func over() {
        universe.verdict.report.unknown += session?.unanswered.count ?? 0
        wire?.callerDied()
        wire = nil
        session = nil
        life += 1
        connectLater()
    }

    private func hear(_ bytes: [UInt8]) {
        buffer.append(bytes)
        while closed == nil, case .frame(let range) = buffer.next() {
            var reader = buffer.reader(range)
            if session == nil || isDone { hearAnswer(&reader) } else if let reaction = session?.receive(&reader, now: now) { handle(reaction) }
        }
    }

    /// After the attack only the close matters.
    private func hearAnswer(_ reader: inout ByteReader) {
        do throws(DecodeError) {
            switch try ServerFrame(decoding: &reader) {
            case .close(let close): answered(close)
            // What it did in the world is undone with the timeline; the server owes it nothing.
            case .notice(.timelineChanged): isForgiven = true
            default: break
            }
        } catch {
            universe.verdict.fail("a hostile client got what is no frame: \(error)")
        }
    }

    private func answered(_ close: Close) {
        closed = close
        universe.verdict.report.hostile += 1
        let isExpected = close.reason.map { attack.answers.contains($0) } ?? false
        let isEnd = close.reason == .serverStopping || close.reason == .full
        universe.verdict.expect(isExpected || isEnd, "a hostile client (\(attack)) was closed with \(close.code) \(close.text)")
        universe.verdict.note("hostile \(attack): \(close.code) \(close.text)")
    }

    private func handle(_ reaction: ClientReaction) {
        switch reaction {
        case .choose(let worlds):
            guard worlds.contains(where: { $0.name == folder.world.name && $0.state == .running }) else { return }
            if let frame = session?.join(folder.world.name, as: attack.stage == .watching ? .monitor : .player) { send(frame) }
        case .joined(let joined):
            stint = joined.session
            judge = folder.judge(of: joined.incarnation)
            if attack.stage == .joined { universe.saw(joined.avatar, in: folder.world) }
            later(universe.weather.between(0, 20 * Weather.millisecond)) { [self] in strike() }
        case .closed(let close):
            closed = close
            let isLetGo = close.reason == .left && edge?.wasAway(from: folder) ?? false
            let isFine = isLetGo || close.reason == .serverStopping || close.reason == .full || close.text.contains("elsewhere")
            universe.verdict.expect(isFine, "a client that will be hostile (\(attack)) was closed before: \(close.code) \(close.text)")
        case .joinRefused: over()
        case .fault(let fault): universe.verdict.fail("the server broke the protocol: \(fault)")
        default: break
        }
    }

    // MARK: The attack

    private func strike() {
        isDone = true
        let bytes = HostileBytes(attack, &random, session?.nextSequence ?? 1, folder, stint, judge ?? folder.judge)
        for frame in bytes.frames { wire?.toCallee.send(frame) }
        later(Self.patience) { [self] in
            let isExcused = isForgiven || wire?.isBroken ?? true
            if !isExcused, closed == nil { universe.verdict.fail("a hostile client (\(attack)) was not answered") }
            over()
        }
    }
}
