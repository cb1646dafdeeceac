import OrgeLink
internal import OrgeSchema

/// The commands of one source that were sealed, and the outcomes that it may not have yet.
package struct OutcomeWindow: Equatable, Sendable {
    package struct Kept: Equatable, Sendable {
        package var sequence: UInt64
        /// In which it was given.
        package var tick: UInt64
        /// Canonical outcome.
        package var bytes: [UInt8]
    }

    /// The highest sequence that was sealed.
    package var highest: UInt64 = 0
    /// The highest sequence whose outcome the source has been sent.
    package var acknowledged: UInt64 = 0
    /// Outcomes given and not acknowledged, in order of their sequences.
    package var kept: [Kept] = []

    /// - Precondition: no sequence is left out.
    mutating func accept(_ sequence: UInt64) {
        precondition(sequence == highest + 1, "command \(sequence) sealed after \(highest)")
        highest = sequence
    }

    mutating func acknowledge(_ sequence: UInt64) {
        acknowledged = max(acknowledged, min(sequence, highest))
        let gone = kept.prefix { $0.sequence <= acknowledged }.count
        if gone > 0 { kept.removeFirst(gone) }
    }
}

/// `u64` highest and acknowledged, `u32` kept: sequence, tick, bytes after their `u32` length.
extension OutcomeWindow {
    func encode(to writer: inout ByteWriter) {
        writer.u64(highest)
        writer.u64(acknowledged)
        writer.u32(UInt32(kept.count))
        for outcome in kept {
            writer.u64(outcome.sequence)
            writer.u64(outcome.tick)
            writer.blob(outcome.bytes)
        }
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        highest = try reader.u64()
        acknowledged = try reader.u64()
        for _ in 0..<(try reader.count32(ofAtLeast: 20)) {
            kept.append(Kept(sequence: try reader.u64(), tick: try reader.u64(), bytes: try reader.blob(limit: LinkLimits.pieceBytes)))
        }
    }
}
