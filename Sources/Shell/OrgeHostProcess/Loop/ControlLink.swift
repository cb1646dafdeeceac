import OrgeControl
import OrgeSystem

/// The host's end of the channel to its supervisor; says nothing when the host was started by hand.
final class ControlLink {
    private let descriptor: Descriptor?
    private let openNumber: Int32?
    private var unsent: [UInt8] = []
    private(set) var isOver = false

    init(_ number: Int32?) {
        openNumber = number
        guard let number else {
            descriptor = nil
            return
        }
        descriptor = Descriptor(owning: number)
        do throws(SystemError) { try descriptor?.setNonBlocking() } catch { isOver = true }
    }

    /// nil when there is none or nobody is at its other end any more.
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

    /// A supervisor has nothing to say to a host; what comes is the channel's end.
    func read() {
        while !isOver, let arrived = attempt({ () throws(SystemError) in try descriptor?.read(atMost: 4096) }) {
            switch arrived {
            case .bytes: continue
            case .nothingYet: return
            case .end: isOver = true
            }
        }
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
