import OrgeLink

/// A client's commands without an outcome, oldest first, kept to be sent again when a host comes back.
///
/// Their payloads lie one after the other in one buffer. Credit bounds them to 256 commands and 64 KiB of frames, the buffer to twice that.
struct PendingCommands {
    private struct Head {
        var sequence: UInt64
        /// nil for a malformed command.
        var kind: UInt16?
        var count: UInt16
    }

    private var heads = ContiguousArray<Head>()
    private var firstHead = 0
    private var payloads: [UInt8] = []
    private var firstByte = 0

    var count: Int { heads.count - firstHead }
    var isEmpty: Bool { count == 0 }
    var firstSequence: UInt64? { isEmpty ? nil : heads[firstHead].sequence }

    mutating func append(sequence: UInt64, kind: UInt16?, payload: [UInt8]) {
        heads.append(Head(sequence: sequence, kind: kind, count: UInt16(payload.count)))
        payloads.append(contentsOf: payload)
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

    func forEach(_ visit: (_ sequence: UInt64, _ kind: UInt16?, _ payload: ArraySlice<UInt8>) -> Void) {
        var byte = firstByte
        for head in heads[firstHead...] {
            visit(head.sequence, head.kind, payloads[byte..<byte + Int(head.count)])
            byte += Int(head.count)
        }
    }
}

extension InputBatchWriter {
    /// - Parameter kind: nil for a malformed command, of which the sequence alone goes on.
    @inline(__always)
    mutating func pending(session: UInt64, sequence: UInt64, kind: UInt16?, payload: ArraySlice<UInt8>) {
        guard let kind else { return malformed(session: session, sequence: sequence) }
        command(session: session, sequence: sequence, kind: kind, payload: payload)
    }
}
