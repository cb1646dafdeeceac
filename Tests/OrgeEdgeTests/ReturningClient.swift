import OrgeEdge
import OrgeSchema
import OrgeSession
import OrgeWire
import Testing

/// A client with a real conversation whose connections die at any byte, and which comes back for its session.
final class ReturningClient {
    let rig: Rig
    let name: String
    private(set) var session: ClientSession?
    private(set) var line: RigClient?
    private var stream = FrameStream.server
    private var suspension: ClientSuspension?
    /// Bytes that still arrive on this connection; nil: all.
    var bytesLeft: Int?
    /// Over all connections.
    private(set) var lastTick: UInt64 = 0
    private(set) var resumed: [Resumption.Resumed] = []
    /// Bytes of updates of the present connection, and whole updates.
    private(set) var updateBytes = 0
    private(set) var updates = 0
    /// Bytes of the first update of each connection that continued a view, and of each other one.
    private(set) var continuedBytes: [Int] = []
    private(set) var resetBytes: [Int] = []
    private(set) var faults: [String] = []

    init(_ rig: Rig, name: String) { (self.rig, self.name) = (rig, name) }

    var isJoined: Bool { session?.phase == .joined }
    var isDead: Bool { bytesLeft == 0 }

    func connect() throws {
        let line = try rig.connect(name, login: false)
        (self.line, stream, bytesLeft, updateBytes, updates) = (line, FrameStream.server, nil, 0, 0)
        line.tap = { [unowned self] bytes in if self.line === line { try hear(bytes) } }
        let configuration = ClientSession.Configuration(kind: .bot, software: "rig", name: name)
        if let suspension { session = ClientSession(configuration, resuming: suspension) } else { session = ClientSession(configuration) }
        for frame in session?.start(now: rig.now) ?? [] { try send(frame) }
    }

    /// The client notices that its connection is dead.
    /// - Parameter isNoticed: by the edge as well, at once.
    func lose(isNoticed: Bool) throws {
        guard let line else { return }
        suspension = session?.suspend() ?? suspension
        session = nil
        self.line = nil
        if isNoticed, !line.isShellClosed {
            line.isShellClosed = true
            rig.edge.connectionClosed(line.id, now: rig.now)
            try rig.turn()
        }
    }

    private func send(_ frame: ClientFrame?) throws {
        guard let frame, let line, !line.isShellClosed, !isDead else { return }
        try rig.send(frame, line)
    }

    func add(_ n: UInt8) throws { try send(session?.command(0, [n], now: rig.now)) }

    func steer(_ x: Int32) throws {
        var payload = ByteWriter()
        payload.u32(UInt32(bitPattern: x))
        payload.u32(0)
        try send(session?.intent(0, payload.bytes))
    }

    private func hear(_ bytes: [UInt8]) throws {
        var bytes = bytes[...]
        if let left = bytesLeft {
            bytes = bytes.prefix(left)
            bytesLeft = left - bytes.count
        }
        stream.append(Array(bytes))
        while session != nil, case .frame(let range) = stream.next() {
            var reader = stream.reader(range)
            let isUpdate = reader.bytes[reader.offset] == ServerFrameType.update.rawValue
            if isUpdate { updateBytes += 4 + range.count }
            try react(session?.receive(&reader, now: rig.now) ?? .nothing)
        }
    }

    private func react(_ reaction: ClientReaction) throws {
        switch reaction {
        case .choose: if session?.phase == .choosing { try send(session?.join("counter", as: .player)) }
        case .resumed(_, let resumed):
            self.resumed.append(resumed)
            for frame in session?.resends(now: rig.now) ?? [] { try send(frame) }
            for frame in session?.standingIntents() ?? [] { try send(frame) }
        case .viewComplete(let tick):
            updates += 1
            if updates == 1, !resumed.isEmpty {
                if resumed.last!.isContinued { continuedBytes.append(updateBytes) } else { resetBytes.append(updateBytes) }
            }
            check(at: tick)
        case .fault(let fault): faults.append("\(fault)")
        case .closed(let close): faults.append("closed: \(close)")
        default: break
        }
    }

    /// The view is what the world shows this client after the tick.
    private func check(at tick: UInt64) {
        if tick < lastTick { faults.append("tick \(tick) after \(lastTick)") }
        lastTick = tick
        guard let snapshot = rig.host.snapshots.last(where: { $0.tick == tick }), let avatar = session?.joined?.avatar else {
            return faults.append("a view of tick \(tick)")
        }
        var rows: [Entity: [UInt16: [UInt8]]] = [:]
        session?.view?.forEachRow { rows[$0, default: [:]][$1] = Array($2) }
        guard let own = snapshot.sessions.values.first(where: { $0.avatar == avatar }) else { return faults.append("no avatar at tick \(tick)") }
        for other in snapshot.sessions.values {
            let distance = abs(Int(other.place.x) - Int(own.place.x))
            let shown = rows.removeValue(forKey: other.avatar)
            if let shown, distance > 60 { faults.append("tick \(tick): \(other.account) is shown at \(distance): \(shown)") }
            if shown == nil, distance <= 50 { faults.append("tick \(tick): \(other.account) is missing at \(distance)") }
            guard let shown else { continue }
            for (component, row) in rig.host.rows(other) where shown[component] != row { faults.append("tick \(tick): row \(component) of \(other.account)") }
        }
        if !rows.isEmpty { faults.append("tick \(tick): shows what is gone") }
    }
}
