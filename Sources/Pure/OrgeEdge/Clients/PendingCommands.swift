import OrgeLink
import OrgeSchema

/// A client's commands without an outcome, oldest first, kept to be sent again when a host comes back.
///
/// Their keys and payloads lie one after the other in one buffer. Credit bounds them to 256 commands and 64 KiB of frames, the buffer to twice that.
struct PendingCommands {
    private struct Head {
        var sequence: UInt64
        /// nil for a malformed command.
        var kind: UInt16?
        /// Of the payload, and of the key before it.
        var count: UInt16
        var hasKey: Bool
    }

    private var heads = ContiguousArray<Head>()
    private var firstHead = 0
    private var payloads: [UInt8] = []
    private var firstByte = 0

    var count: Int { heads.count - firstHead }
    var isEmpty: Bool { count == 0 }
    var firstSequence: UInt64? { isEmpty ? nil : heads[firstHead].sequence }

    /// - Parameter kind: nil for a malformed command.
    mutating func append(sequence: UInt64, kind: UInt16?, key: IdempotencyKey?, payload: [UInt8]) {
        let start = payloads.count
        if let key { payloads.append(contentsOf: key.bytes) }
        payloads.append(contentsOf: payload)
        heads.append(Head(sequence: sequence, kind: kind, count: UInt16(payloads.count - start), hasKey: key != nil))
    }

    /// Forgets the oldest when it has this sequence.
    mutating func remove(_ sequence: UInt64) {
        guard firstSequence == sequence else { return }
        firstByte += Int(heads[firstHead].count)
        firstHead += 1
        if isEmpty {
            heads.removeAll(keepingCapacity: true)
            payloads.removeAll(keepingCapacity: true)
            (firstHead, firstByte) = (0, 0)
        } else if firstHead >= 256 {
            heads.removeFirst(firstHead)
            payloads.removeFirst(firstByte)
            (firstHead, firstByte) = (0, 0)
        }
    }

    mutating func removeAll() {
        self = PendingCommands()
    }

    /// Calls with the commands, oldest first.
    func forEach(_ visit: (PendingCommand) -> Void) {
        var byte = firstByte
        for head in heads[firstHead...] {
            let bytes = payloads[byte..<byte + Int(head.count)]
            let (key, payload) = head.hasKey ? IdempotencyKey.split(bytes) : (nil, bytes)
            visit(PendingCommand(sequence: head.sequence, kind: head.kind, key: key, payload: payload))
            byte += Int(head.count)
        }
    }

}

/// A command that has no outcome yet.
struct PendingCommand {
    var sequence: UInt64
    /// nil for a malformed command, of which the sequence alone goes on.
    var kind: UInt16?
    var key: IdempotencyKey?
    var payload: ArraySlice<UInt8>
}

extension InputBatchWriter {
    @inline(__always)
    mutating func pending(session: UInt64, _ command: PendingCommand) {
        guard let kind = command.kind else { return malformed(session: session, sequence: command.sequence) }
        guard let key = command.key else { return self.command(session: session, sequence: command.sequence, kind: kind, payload: command.payload) }
        self.command(session: session, sequence: command.sequence, key: key, kind: kind, payload: command.payload)
    }
}
