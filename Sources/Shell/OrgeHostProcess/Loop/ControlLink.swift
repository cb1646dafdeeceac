import OrgeControl
import OrgeSchema
import OrgeSystem

/// The host's end of the channel to its supervisor; says nothing when the host was started by hand.
final class ControlLink {
    private let descriptor: Descriptor?
    private let openNumber: Int32?
    private var unsent: [UInt8] = []
    private var stream = ControlStream<SupervisorMessage>()
    private(set) var isOver = false
    /// Why the stream cannot be read on.
    private(set) var fault: DecodeError?

    init(_ number: Int32?) {
        openNumber = number
        guard let number else {
            descriptor = nil
            return
        }
        descriptor = Descriptor(owning: number)
        do throws(SystemError) { try descriptor?.setNonBlocking() } catch { isOver = true }
    }

    /// nil when there is none, or its other end is closed.
    var number: Int32? { isOver ? nil : openNumber }
    var isCongested: Bool { !unsent.isEmpty }

    func send(_ message: ChildMessage) {
        unsent += message.frame()
        flush()
    }

    func flush() {
        guard !isOver, !unsent.isEmpty, let sent = attempt({ () throws(SystemError) in try descriptor?.writeNow(unsent[...]) }) else { return }
        unsent.removeFirst(sent)
    }

    /// What has come; ends with the channel, or where the stream cannot be decoded.
    func read() -> [SupervisorMessage] {
        var messages: [SupervisorMessage] = []
        while !isOver, fault == nil, let arrived = attempt({ () throws(SystemError) in try descriptor?.read(atMost: 4096) }) {
            switch arrived {
            case .bytes(let bytes):
                stream.append(bytes)
                do throws(DecodeError) { while let message = try stream.next() { messages.append(message) } } catch { fault = error }
            case .nothingYet: return messages
            case .end: isOver = true
            }
        }
        return messages
    }

    private func attempt<Value>(_ call: () throws(SystemError) -> Value?) -> Value? {
        do throws(SystemError) {
            return try call()
        } catch {
            isOver = true
            return nil
        }
    }
}
