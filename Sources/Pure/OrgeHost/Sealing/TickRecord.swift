package import OrgeSchema

/// What the journal holds of one tick: enough to run it again, and to see that it came out the same.
///
/// Body: format `u16` · code id `u64` · tick `u64` · UTC ms `u64` · late µs `u32` · chain before `u64` · state hash before `u64` · count `u32` ·
/// inputs. The incarnation is in the journal's frame.
package struct TickRecord: Equatable, Sendable {
    package static let format: UInt16 = 2
    /// Bytes before the first input.
    package static let headBytes = 50

    /// Hash of the executable that ran the tick: other code need not come to the same state.
    package var codeID: UInt64
    package var tick: UInt64
    /// Milliseconds since 1970, read when the tick was sealed; never less than the tick's before.
    package var utcMilliseconds: UInt64
    /// Microseconds by which the tick began after it was due.
    package var lateMicroseconds: UInt32
    /// Chain after the tick before.
    package var chainBefore: UInt64
    /// State hash after the tick before.
    package var hashBefore: UInt64
    package var inputs: [HostInput]

    package init(
        codeID: UInt64, tick: UInt64, utcMilliseconds: UInt64, lateMicroseconds: UInt32, chainBefore: UInt64, hashBefore: UInt64, inputs: [HostInput]
    ) {
        self.codeID = codeID
        self.tick = tick
        self.utcMilliseconds = utcMilliseconds
        self.lateMicroseconds = lateMicroseconds
        self.chainBefore = chainBefore
        self.hashBefore = hashBefore
        self.inputs = inputs
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: Self.headBytes + inputs.count * 64)
        writer.u16(Self.format)
        writer.u64(codeID)
        writer.u64(tick)
        writer.u64(utcMilliseconds)
        writer.u32(lateMicroseconds)
        writer.u64(chainBefore)
        writer.u64(hashBefore)
        writer.u32(UInt32(inputs.count))
        for input in inputs { input.encode(to: &writer) }
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(DecodeError) {
        var reader = ByteReader(bytes)
        let format = try reader.u16()
        guard format == Self.format else { throw DecodeError(.unknown(what: "record format", value: UInt64(format)), at: 0) }
        codeID = try reader.u64()
        tick = try reader.u64()
        utcMilliseconds = try reader.u64()
        lateMicroseconds = try reader.u32()
        chainBefore = try reader.u64()
        hashBefore = try reader.u64()
        inputs = []
        for _ in 0..<(try reader.count32(ofAtLeast: HostInput.minBytes)) { inputs.append(try HostInput(reading: &reader)) }
        try reader.expectEnd()
    }

    /// The chain after a tick: it names the whole history, where a state hash names only what came of it.
    /// - Parameters:
    ///   - body: the record of that tick.
    ///   - stateHash: after that tick.
    package static func chain(body: [UInt8], stateHash: UInt64) -> UInt64 {
        // The body begins with the chain before and the tick, so both are folded in with the inputs.
        mix64(fold64(recordHash(body), stateHash))
    }
}
