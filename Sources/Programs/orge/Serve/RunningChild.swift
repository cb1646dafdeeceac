import OrgeControl
import OrgeSupervisor
import OrgeSystem

/// One process of a child with everything that connects us to it.
final class RunningChild {
    /// Read from one child before the others have their turn.
    static let turnBytes = 65_536
    /// Messages to a child are few and small; one that has not read this much of them is stuck.
    static let pendingBytesLimit = 65_536
    /// Descriptors close a moment before a process has ended: its end is a better reason than its closed channel.
    static let closurePatience: UInt64 = 1_000_000_000

    let child: Child
    let process: ChildProcess
    /// Names this process in its flight recorder; nil for one that has none.
    let run: UInt64?
    /// Of a host's group.
    let memoryKills: MemoryKills?
    private let control: Descriptor
    private let output: Descriptor
    /// While we have it open, the child may live.
    private let lifeline: Descriptor
    private var stream = ControlStream<ChildMessage>()
    private var pending: [UInt8] = []
    private var isListening = true
    private var isOutputOpen = true
    /// When to hold the end of the control channel against it.
    private(set) var closureDeadline: UInt64?
    private(set) var lines = LineBuffer()

    /// - Parameters:
    ///   - inherited: the child's descriptor 5, if it has one.
    ///   - run: of its flight recorder.
    init(_ child: Child, _ launch: Launch, inherited: Int32?, run: UInt64? = nil) throws(SystemError) {
        self.child = child
        self.run = run
        let channel = try Ends.channel()
        let printed = try Ends.pipe()
        let lifeline = try Lifeline()
        try printed.first.setNonBlocking()
        var launch = launch
        launch.standardOutput = printed.second.number
        launch.standardError = printed.second.number
        launch.inherited = [channel.second.number] + (inherited.map { [$0] } ?? [])
        process = try launch.start(lifeline: lifeline, at: 1)
        memoryKills = run == nil ? nil : MemoryKills(of: process.pid)
        control = channel.keepFirst()
        output = printed.keepFirst()
        self.lifeline = lifeline.keep()
    }

    /// In the order in which ``drain(ready:now:)`` expects them.
    var awaited: [Awaited] {
        // A pipe or socket whose other end is closed is always ready: it is awaited no more, and the process alone is.
        let control = isListening ? control.number : process.descriptor.number
        let output = isOutputOpen ? output.number : process.descriptor.number
        return [Awaited(control, isListening && !pending.isEmpty ? .both : .readable), Awaited(output), Awaited(process.descriptor.number)]
    }

    struct Turn {
        var events: [SupervisorEvent] = []
        var lines: [String] = []
        var hasEnded = false
    }

    /// Everything that came since the last turn; the end of the process comes last, after everything that it said.
    func drain(ready: ArraySlice<Bool>, now: UInt64) throws -> Turn {
        var turn = Turn()
        let hasEnded = ready[ready.startIndex + 2] ? try process.reap() : nil
        flush()
        if ready[ready.startIndex] || hasEnded != nil { readControl(&turn, now: now, isLast: hasEnded != nil) }
        if ready[ready.startIndex + 1] || hasEnded != nil { try readOutput(&turn, isLast: hasEnded != nil) }
        if let closureDeadline, hasEnded == nil, now >= closureDeadline {
            self.closureDeadline = nil
            turn.events.append(.broken(child, reason: "it closed its control channel and went on"))
        }
        if let hasEnded {
            let how: ChildEnd =
                switch hasEnded {
                case .exited(let code): .exited(code: code)
                case .killed(let signal): .killed(signal: signal)
                }
            turn.hasEnded = true
            turn.events.append(.exited(child, how, lastWords: lines.lastWords))
        }
        return turn
    }

    /// Queues a message; false when the child does not read.
    func tell(_ message: SupervisorMessage) -> Bool {
        pending += message.frame()
        flush()
        return pending.count <= Self.pendingBytesLimit
    }

    private func flush() {
        guard !pending.isEmpty else { return }
        do {
            pending.removeFirst(try control.writeNow(pending[...]))
        } catch {
            // It has closed its end; reading finds out, and decides what that means.
            pending = []
        }
    }

    private func readControl(_ turn: inout Turn, now: UInt64, isLast: Bool) {
        do {
            var budget = Self.turnBytes
            while isListening, budget > 0 || isLast {
                switch try control.read(atMost: 16_384) {
                case .bytes(let bytes):
                    budget -= bytes.count
                    stream.append(bytes)
                    while let message = try stream.next() { turn.events.append(.reported(child, message)) }
                case .nothingYet: return
                case .end:
                    isListening = false
                    closureDeadline = now + Self.closurePatience
                }
            }
        } catch {
            isListening = false
            turn.events.append(.broken(child, reason: "its control channel carries nonsense: \(error)"))
        }
    }

    private func readOutput(_ turn: inout Turn, isLast: Bool) throws {
        // A process that it started may still hold the pipe and fill it for ever: what is there at its end is bounded too.
        for _ in 0..<(isLast ? 16 : 1) where isOutputOpen {
            switch try output.read(atMost: Self.turnBytes) {
            case .bytes(let bytes): turn.lines += lines.receive(bytes)
            case .nothingYet: break
            case .end: isOutputOpen = false
            }
        }
        if isLast, let line = lines.finish() { turn.lines.append(line) }
    }
}
