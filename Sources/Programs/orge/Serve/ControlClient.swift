import OrgeSystem

/// A connection to DIR/control.sock: it sends one line, gets one line, and is closed.
final class ControlClient {
    /// `lift`, a world's name and the longest name of a command or a system.
    static let requestBytesLimit = 512
    /// For the whole conversation, and once more for an answer that says that there is none.
    static let patience: UInt64 = 5_000_000_000

    let descriptor: Descriptor
    private(set) var deadline: UInt64
    var request: [UInt8] = []
    private(set) var reply: [UInt8] = []
    /// Its request to a host, while that is not answered.
    private(set) var lift: (request: UInt32, world: String)?

    init(_ descriptor: consuming Descriptor, now: UInt64) {
        self.descriptor = descriptor
        deadline = now + Self.patience
    }

    var isWaiting: Bool { lift != nil }
    var liftedWorld: String? { lift?.world }

    func awaits(_ request: UInt32, of world: String) { lift = (request, world) }

    func answer(_ document: JSONValue) {
        lift = nil
        reply = Array((document.text + "\n").utf8)
    }

    /// Its request is not answered in time: this is what it hears.
    func giveUp(_ document: JSONValue) {
        answer(document)
        deadline += Self.patience
    }

    /// - Returns: false when everything is sent.
    func send() throws(SystemError) -> Bool {
        reply.removeFirst(try descriptor.writeNow(reply[...]))
        return !reply.isEmpty
    }

    var awaited: Awaited { Awaited(descriptor.number, reply.isEmpty ? .readable : .writable) }
}
