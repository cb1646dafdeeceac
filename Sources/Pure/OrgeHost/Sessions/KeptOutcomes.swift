import OrgeLink
import OrgeSchema

/// Outcomes of one source that it may not have yet, oldest first: one after the other in one buffer, as they stand in an image. When a tick changes
/// what an image still holds, one copy of bytes is made, whatever the number of outcomes.
package struct KeptOutcomes: Sendable {
    package struct Outcome: Equatable, Sendable {
        package var sequence: UInt64
        /// In which it was given.
        package var tick: UInt64
        /// Canonical outcome.
        package var bytes: [UInt8]
    }

    /// Sequence, tick and length.
    private static let headBytes = 8 + 8 + 4
    /// Bytes of a buffer that is kept when the last outcome goes: a client that waits for each outcome uses no more.
    private static let spareBytes = 512

    private var buffer = ByteWriter()
    /// Where the oldest outcome begins.
    private var start = 0
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }
    /// What they take.
    package var byteCount: Int { buffer.count - start }

    mutating func append(_ outcome: Outcome) { append(outcome.sequence, outcome.tick, outcome.bytes[...]) }

    /// Appends an outcome in its encoding: `u64` sequence · `u64` tick · outcome after its `u32` length.
    mutating func append(_ sequence: UInt64, _ tick: UInt64, _ bytes: ArraySlice<UInt8>) {
        buffer.u64(sequence)
        buffer.u64(tick)
        buffer.blob(bytes)
        count += 1
    }

    /// Removes the outcomes through this sequence.
    /// - Complexity: O(removed), amortized.
    mutating func removeAll(through sequence: UInt64) {
        while count > 0, loadBigEndian64(buffer.bytes, at: start) <= sequence {
            count -= 1
            start = end(of: start)
        }
        if count == 0 { clear() } else if start > buffer.count / 2 { compact() }
    }

    /// Those of lower sequences.
    func prefix(before sequence: UInt64) -> KeptOutcomes {
        var first = KeptOutcomes()
        for outcome in self where outcome.sequence < sequence { first.append(outcome) }
        return first
    }

    private mutating func clear() {
        if buffer.count > Self.spareBytes { buffer = ByteWriter() } else if buffer.count > 0 { buffer.removeAll() }
        start = 0
    }

    private mutating func compact() {
        var rest = ByteWriter(capacity: buffer.count - start)
        rest.bytes(buffer.bytes[start...])
        buffer = rest
        start = 0
    }

    private func end(of place: Int) -> Int { place + Self.headBytes + Int(loadBigEndian32(buffer.bytes, at: place + 16)) }
}

extension KeptOutcomes: Sequence {
    package struct Iterator: IteratorProtocol {
        fileprivate let kept: KeptOutcomes
        fileprivate var place: Int

        package mutating func next() -> Outcome? {
            guard place < kept.buffer.count else { return nil }
            let end = kept.end(of: place)
            defer { place = end }
            return Outcome(
                sequence: loadBigEndian64(kept.buffer.bytes, at: place), tick: loadBigEndian64(kept.buffer.bytes, at: place + 8),
                bytes: Array(kept.buffer.bytes[place + KeptOutcomes.headBytes..<end]))
        }

        /// Passes over an outcome and writes its encoding.
        /// - Precondition: there is one.
        mutating func encodeNext(to writer: inout ByteWriter) {
            let end = kept.end(of: place)
            writer.bytes(kept.buffer.bytes[place..<end])
            place = end
        }
    }

    package func makeIterator() -> Iterator { Iterator(kept: self, place: start) }
    package var underestimatedCount: Int { count }
}

extension KeptOutcomes: Equatable {
    /// Equal outcomes; what the buffer holds besides does not count.
    package static func == (a: KeptOutcomes, b: KeptOutcomes) -> Bool {
        a.count == b.count && a.buffer.bytes[a.start...] == b.buffer.bytes[b.start...]
    }
}

extension KeptOutcomes.Outcome {
    init(reading reader: inout ByteReader) throws(DecodeError) {
        self.init(sequence: try reader.u64(), tick: try reader.u64(), bytes: try reader.blob(limit: LinkLimits.pieceBytes))
    }
}
