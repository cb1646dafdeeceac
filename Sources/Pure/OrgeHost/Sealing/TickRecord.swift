package import OrgeSchema

/// What the journal holds of one tick: enough to run it again, and to see that it came out the same.
///
/// Body: format `u8` · tick varint · UTC ms varint · late µs varint · chain before `u64` · state hash before `u64` · ``InputRuns``. The incarnation
/// is in the journal's frame; the `opened` record of that incarnation names the code that ran the tick.
package struct TickRecord: Equatable, Sendable {
    package static let format: UInt8 = 6
    /// Most bytes before the inputs.
    private static let headBytes = 1 + 10 + 10 + 5 + 16 + 2

    package var tick: UInt64
    /// Milliseconds since 1970, read when the tick was sealed; never less than the tick's before.
    package var utcMilliseconds: UInt64
    /// Microseconds by which the tick began after it was due.
    package var lateMicroseconds: UInt32
    /// Record chain after the tick before.
    package var chainBefore: UInt64
    /// State hash after the tick before.
    package var hashBefore: UInt64
    package var inputs: [HostInput]

    package init(tick: UInt64, utcMilliseconds: UInt64, lateMicroseconds: UInt32, chainBefore: UInt64, hashBefore: UInt64, inputs: [HostInput]) {
        self.tick = tick
        self.utcMilliseconds = utcMilliseconds
        self.lateMicroseconds = lateMicroseconds
        self.chainBefore = chainBefore
        self.hashBefore = hashBefore
        self.inputs = inputs
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: Self.headBytes + inputs.count * 32)
        writer.u8(Self.format)
        writer.varint(tick)
        writer.varint(utcMilliseconds)
        writer.varint(UInt64(lateMicroseconds))
        writer.u64(chainBefore)
        writer.u64(hashBefore)
        InputRuns.encode(inputs, to: &writer)
        return writer.take()
    }

    package init(decoding bytes: [UInt8]) throws(DecodeError) {
        var reader = ByteReader(bytes)
        let format = try reader.u8()
        guard format == Self.format else { throw DecodeError(.unknown(what: "record format", value: UInt64(format)), at: 0) }
        tick = try reader.varint()
        utcMilliseconds = try reader.varint()
        lateMicroseconds = try reader.varint32()
        chainBefore = try reader.u64()
        hashBefore = try reader.u64()
        inputs = try InputRuns.decode(&reader)
        try reader.expectEnd()
    }

    /// The record chain after a tick: it names every byte of the history, where a state hash names only what came of it.
    /// - Parameters:
    ///   - body: the record of that tick.
    ///   - amendments: the bodies of what amends it, in order.
    ///   - stateHash: after that tick.
    package static func chain(body: [UInt8], amendments: [[UInt8]] = [], stateHash: UInt64) -> UInt64 {
        // The body holds the chain before and the tick, so both are folded in with the inputs.
        mix64(fold64(amendments.reduce(recordHash(body)) { fold64($0, recordHash($1)) }, stateHash))
    }
}
