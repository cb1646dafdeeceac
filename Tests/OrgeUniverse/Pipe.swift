import OrgeSchema

/// One direction of a connection: bytes in order, cut at random, each piece a while under way. When it ends, some first part of what is under
/// way still arrives and the rest is lost.
final class Pipe {
    private let agenda: Agenda
    private var random: RandomSource
    private let delay: () -> UInt64
    private var sent = 0
    private var arrived = 0
    /// Pieces from this one on never arrive.
    private var limit = Int.max
    private var lastArrival: UInt64 = 0
    private var arrivals: [UInt64] = []
    /// Bytes sent, and bytes that have arrived.
    private(set) var bytesSent: UInt64 = 0
    private(set) var bytesArrived: UInt64 = 0
    var onBytes: ([UInt8]) -> Void = { _ in }
    var onEnd: () -> Void = {}
    /// The sender's side: something has left the pipe.
    var onArrival: () -> Void = {}
    /// The receiver takes nothing: pieces wait here until it does.
    private(set) var isBlocked = false
    private var waiting: [[UInt8]] = []
    private var hasEnded = false

    init(_ agenda: Agenda, seed: UInt64, delay: @escaping () -> UInt64) {
        self.agenda = agenda
        random = RandomSource(seed: seed)
        self.delay = delay
    }

    var isOpen: Bool { limit == Int.max }
    var bytesUnderWay: UInt64 { bytesSent - bytesArrived }

    func send(_ bytes: [UInt8]) {
        guard isOpen, !bytes.isEmpty else { return }
        bytesSent += UInt64(bytes.count)
        var start = 0
        while start < bytes.count {
            let rest = bytes.count - start
            let isWhole = rest == 1 || random.chance(1, outOf: 2)
            let count = isWhole ? rest : 1 + random.below(random.chance(1, outOf: 4) ? min(rest, 8) : rest)
            push(Array(bytes[start..<start + count]))
            start += count
        }
    }

    private func push(_ piece: [UInt8]) {
        let index = sent
        sent += 1
        lastArrival = max(lastArrival, agenda.now + delay())
        arrivals.append(lastArrival)
        agenda.at(lastArrival) { [self] in
            guard index < limit else { return }
            arrived = index + 1
            arrivals.removeFirst()
            if isBlocked { waiting.append(piece) } else { deliver(piece) }
        }
    }

    private func deliver(_ piece: [UInt8]) {
        bytesArrived += UInt64(piece.count)
        onBytes(piece)
        onArrival()
    }

    func block() { isBlocked = true }

    /// Ends the connection. What the sender wrote before may arrive still, up to some piece; then the receiver hears of the end.
    /// - Parameter keepsAll: an orderly end, after everything that was written.
    func end(keepsAll: Bool = false) {
        guard isOpen else { return }
        let kept = keepsAll ? arrivals.count : random.below(arrivals.count + 1)
        limit = arrived + kept
        let last = kept > 0 ? arrivals[kept - 1] : agenda.now
        let close = max(last, agenda.now + delay())
        agenda.at(close) { [self] in
            guard !hasEnded else { return }
            hasEnded = true
            onEnd()
        }
    }

    /// The receiver is gone: what is sent from now on is dropped.
    func deafen() {
        limit = min(limit, arrived)
        hasEnded = true
        onBytes = { _ in }
        onEnd = {}
        onArrival = {}
    }
}

/// A connection: two pipes between caller and callee.
final class Wire {
    let toCallee: Pipe
    let toCaller: Pipe
    /// Counts a universe's connections.
    let number: UInt64
    /// It broke, or a process at one of its ends died: its end is no fault of either side.
    private(set) var isBroken = false

    init(_ agenda: Agenda, number: UInt64, seed: UInt64, delay: @escaping () -> UInt64) {
        self.number = number
        toCallee = Pipe(agenda, seed: mix64(seed ^ 1), delay: delay)
        toCaller = Pipe(agenda, seed: mix64(seed ^ 2), delay: delay)
    }

    var isWhole: Bool { toCallee.isOpen && toCaller.isOpen }

    /// The connection breaks in the middle: both sides hear of it.
    func snap() {
        isBroken = true
        toCallee.end()
        toCaller.end()
    }

    func callerDied() {
        isBroken = true
        toCaller.deafen()
        toCallee.end()
    }

    func calleeDied(keepsAll: Bool = false) {
        isBroken = true
        toCallee.deafen()
        toCaller.end(keepsAll: keepsAll)
    }
}
