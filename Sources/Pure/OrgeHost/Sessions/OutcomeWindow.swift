import OrgeSchema

/// The commands of one source that were sealed, and the outcomes that it may not have yet.
package struct OutcomeWindow: Equatable, Sendable {
    /// The highest sequence that was sealed.
    package internal(set) var highest: UInt64 = 0
    /// The highest sequence whose outcome the source has.
    package private(set) var acknowledged: UInt64 = 0
    /// Outcomes given and not acknowledged, in order of their sequences. Of a session ``HostLimits/outcomesPerSession`` at most.
    package private(set) var kept = KeptOutcomes()

    package init() {}

    /// - Precondition: no sequence is left out.
    mutating func accept(_ sequence: UInt64) {
        precondition(sequence == highest + 1, "command \(sequence) sealed after \(highest)")
        highest = sequence
    }

    /// As ``accept(_:)``, of a client: no credit lets it send the command before it has the outcome that lies a window before.
    mutating func acceptOfClient(_ sequence: UInt64) {
        accept(sequence)
        if sequence - acknowledged > HostLimits.outcomesPerSession { acknowledge(sequence - HostLimits.outcomesPerSession) }
    }

    mutating func keep(_ outcome: KeptOutcomes.Outcome) { kept.append(outcome) }
    mutating func keep(_ sequence: UInt64, _ tick: UInt64, _ bytes: ArraySlice<UInt8>) { kept.append(sequence, tick, bytes) }

    mutating func acknowledge(_ sequence: UInt64) {
        acknowledged = max(acknowledged, min(sequence, highest))
        kept.removeAll(through: acknowledged)
    }
}

/// `u64` highest and acknowledged; the kept outcomes are records of their own.
extension OutcomeWindow {
    func encode(to writer: inout ByteWriter) {
        writer.u64(highest)
        writer.u64(acknowledged)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        highest = try reader.u64()
        acknowledged = try reader.u64()
    }
}
