import OrgeControl
import OrgeSchema
import OrgeSystem
import Synchronization

/// The host's end of the channel to its supervisor; says nothing when the host was started by hand.
final class ControlLink: Sendable {
    private struct State {
        var unsent: [UInt8] = []
        var stream = ControlStream<SupervisorMessage>()
        var isOver = false
        /// Why the stream cannot be read on.
        var fault: DecodeError?
    }

    private let descriptor: Descriptor?
    private let openNumber: Int32?
    private let state = Mutex(State())

    init(_ number: Int32?) {
        openNumber = number
        guard let number else {
            descriptor = nil
            return
        }
        descriptor = Descriptor(owning: number)
        do throws(SystemError) { try descriptor?.setNonBlocking() } catch { state.withLock { $0.isOver = true } }
    }

    /// nil when there is none, or its other end is closed.
    var number: Int32? { isOver ? nil : openNumber }
    var isOver: Bool { state.withLock { $0.isOver } }
    var fault: DecodeError? { state.withLock { $0.fault } }
    var isCongested: Bool { state.withLock { !$0.unsent.isEmpty } }

    func send(_ message: ChildMessage) {
        state.withLock { state in
            state.unsent += message.frame()
            flush(&state)
        }
    }

    /// Sends a message that a later one makes needless, unless earlier ones still wait for the supervisor to read.
    func offer(_ message: ChildMessage) {
        state.withLock { state in
            flush(&state)
            guard state.unsent.isEmpty else { return }
            state.unsent = message.frame()
            flush(&state)
        }
    }

    func flush() { state.withLock { flush(&$0) } }

    private func flush(_ state: inout State) {
        let unsent = state.unsent[...]
        guard !state.isOver, !unsent.isEmpty, let sent = attempt(&state, { () throws(SystemError) in try descriptor?.writeNow(unsent) }) else { return }
        state.unsent.removeFirst(sent)
    }

    /// What has come; ends with the channel, or where the stream cannot be decoded.
    func read() -> [SupervisorMessage] {
        state.withLock { state in
            var messages: [SupervisorMessage] = []
            while !state.isOver, state.fault == nil, let arrived = attempt(&state, { () throws(SystemError) in try descriptor?.read(atMost: 4096) }) {
                switch arrived {
                case .bytes(let bytes):
                    state.stream.append(bytes)
                    do throws(DecodeError) { while let message = try state.stream.next() { messages.append(message) } } catch { state.fault = error }
                case .nothingYet: return messages
                case .end: state.isOver = true
                }
            }
            return messages
        }
    }

    private func attempt<Value>(_ state: inout State, _ call: () throws(SystemError) -> Value?) -> Value? {
        do throws(SystemError) {
            return try call()
        } catch {
            state.isOver = true
            return nil
        }
    }
}
