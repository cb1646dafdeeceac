import Glibc
import NIOCore
import OrgeSystem
import OrgeTerminal
import OrgeWire

/// One visit with a terminal: this thread reads keys and draws, the client's loop has a thread of its own.
///
/// The terminal is taken when the client is in its world, so that a failure before is printed as by any other command. It is given back in any case.
final class PlaySession {
    /// Nanoseconds between two screens that no key asked for.
    private static let refresh: UInt64 = 100_000_000

    private let player: Player
    private let inbox: PlayMailbox
    private var machine: PlayMachine
    private var reader = KeyReader()
    private var output: PlayOutput
    private var lastByteAt: UInt64 = 0
    private var drawnAt: UInt64 = 0
    private var isUrgent = false

    init(_ options: ConnectOptions, _ timeout: TimeoutOptions, as account: String) throws {
        inbox = try PlayMailbox()
        player = Player(options, timeout, as: account, inbox)
        machine = PlayMachine(account: account)
        output = try PlayOutput(colours: unsafe getenv("NO_COLOR").map { unsafe strlen($0) == 0 } ?? true)
    }

    func run() throws -> Int32 {
        // Before any thread exists, so that none of them takes a signal.
        let signals = try SignalQueue([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT])
        let visit = try player.begin(kind: .player)
        defer { visit.shutDown() }
        visit.end.whenComplete { [inbox] _ in inbox.close() }
        if try waitForWorld(signals) {
            try output.take()
            defer { Terminal.giveBack() }
            try play(visit, signals)
        }
        return try visit.end.wait()
    }

    /// - Returns: false when the client has ended without having been in its world.
    private func waitForWorld(_ signals: borrowing SignalQueue) throws -> Bool {
        while true {
            _ = waitUntilReady([Awaited(signals.descriptor.number), Awaited(inbox.descriptor)], timeoutMilliseconds: nil)
            while let signal = try signals.next() {
                switch signal {
                case SIGWINCH, SIGCONT: break
                case SIGTSTP: Terminal.suspend()
                default: exit(128 + signal)
                }
            }
            if receive() { return false }
            if machine.isInWorld { return true }
        }
    }

    private func play(_ visit: RunningVisit, _ signals: borrowing SignalQueue) throws {
        let input = try Descriptor.input(STDIN_FILENO)
        machine.handle(.resized(columns: output.size.columns, rows: output.size.rows), now: monotonicNanoseconds())
        var hasInput = true
        while true {
            try obey(visit)
            draw()
            var awaited = [Awaited(signals.descriptor.number), Awaited(inbox.descriptor)]
            if hasInput { awaited.append(Awaited(input.number)) }
            if let output = output.awaited { awaited.append(output) }
            let ready = waitUntilReady(awaited, timeoutMilliseconds: timeout())
            while let signal = try signals.next() { try handle(signal) }
            if receive() { return }
            if hasInput, ready[2] { hasInput = read(input) }
            reader.silence(milliseconds: Int((monotonicNanoseconds() - lastByteAt) / 1_000_000)).map(press)
            output.flush()
        }
    }

    /// - Returns: false when there is no terminal any more, which is a reason to leave.
    private func read(_ input: borrowing Descriptor) -> Bool {
        guard case .bytes(let bytes)? = try? input.read(atMost: 4_096) else {
            machine.leave()
            return false
        }
        lastByteAt = monotonicNanoseconds()
        for byte in bytes { reader.read(byte).map(press) }
        return true
    }

    private func press(_ key: Key) {
        machine.handle(.key(key), now: monotonicNanoseconds())
        isUrgent = true
    }

    /// - Returns: true when the client has ended.
    private func receive() -> Bool {
        let (events, isClosed) = inbox.take()
        for event in events { machine.handle(event, now: monotonicNanoseconds()) }
        return isClosed
    }

    private func handle(_ signal: Int32) throws {
        switch signal {
        case SIGWINCH: machine.handle(.resized(columns: output.size.columns, rows: output.size.rows), now: monotonicNanoseconds())
        case SIGTSTP: try suspend()
        case SIGCONT: try takeAgain()
        default: machine.leave()
        }
        isUrgent = true
    }

    private func suspend() throws {
        Terminal.giveBack()
        Terminal.suspend()
        try takeAgain()
    }

    /// After a stop: another program had the terminal meanwhile.
    private func takeAgain() throws {
        Terminal.giveBack()
        try output.take()
        machine.handle(.resized(columns: output.size.columns, rows: output.size.rows), now: monotonicNanoseconds())
    }

    private func obey(_ visit: RunningVisit) throws {
        for directive in machine.takeDirectives() {
            switch directive {
            case .redraw: output.forget()
            case .suspend: try suspend()
            case .command, .intent, .leave: visit.perform { ($0 as? Player)?.perform(directive) }
            }
        }
    }

    /// What a key asked for is drawn at once, anything else at most ten times a second; and nothing while the terminal has not taken the last screen.
    private func draw() {
        let now = monotonicNanoseconds()
        guard output.awaited == nil, machine.isStale || isFading(now) else { return }
        guard isUrgent || now - drawnAt >= Self.refresh else { return }
        output.draw(machine.screen(now: now))
        (drawnAt, isUrgent) = (now, false)
    }

    /// A mark has faded since the last screen.
    private func isFading(_ now: UInt64) -> Bool { machine.nextChange(after: drawnAt).map { $0 <= now } ?? false }

    private func timeout() -> Int32? {
        let now = monotonicNanoseconds()
        var next: [UInt64] = []
        if output.awaited == nil {
            if machine.isStale { next.append(drawnAt + Self.refresh) }
            if let fade = machine.nextChange(after: drawnAt) { next.append(max(fade, drawnAt + Self.refresh)) }
        }
        if reader.isWaiting { next.append(now + 50_000_000) }
        guard let soonest = next.min() else { return nil }
        return soonest > now ? Int32(clamping: (soonest - now) / 1_000_000 + 1) : 0
    }
}
