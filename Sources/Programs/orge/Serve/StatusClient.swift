import OrgeSystem

/// A connection to DIR/control.sock: it sends one line, gets one line, and is closed.
final class StatusClient {
    static let requestBytesLimit = 256
    /// For the whole conversation.
    static let patience: UInt64 = 5_000_000_000

    let descriptor: Descriptor
    let deadline: UInt64
    var request: [UInt8] = []
    var reply: [UInt8] = []

    init(_ descriptor: consuming Descriptor, now: UInt64) {
        self.descriptor = descriptor
        deadline = now + Self.patience
    }

    var awaited: Awaited { Awaited(descriptor.number, reply.isEmpty ? .readable : .writable) }
}
