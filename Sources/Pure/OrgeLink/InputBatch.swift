package import OrgeSchema

/// What one turn of an edge's loop asks of one world, in the order in which it was asked.
package struct InputBatch: Sendable {
    /// Counts up from 1 on each link.
    package let number: UInt64
    package let inputs: ContiguousArray<LinkInput>
    /// What the inputs' extents point into.
    package let bytes: [UInt8]

    package func payload(_ extent: Extent) -> ArraySlice<UInt8> { bytes[extent.range] }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        number = try reader.u64()
        let count = try reader.count32(ofAtLeast: 9)
        var inputs = ContiguousArray<LinkInput>()
        inputs.reserveCapacity(count)
        for _ in 0..<count { inputs.append(try LinkInput(reading: &reader)) }
        try reader.expectEnd()
        self.inputs = inputs
        bytes = reader.bytes
    }
}

/// Collects inputs straight in their final form: no value is kept per input.
package struct InputBatchWriter: Sendable {
    private static let numberOffset = 4 + 1 + 2
    private static let countOffset = numberOffset + 8
    private static let headerBytes = countOffset + 4
    private var writer = ByteWriter()
    /// Inputs since the last ``finish(number:)``.
    package private(set) var count = 0

    package init() {}

    /// Bytes of the frame so far.
    package var byteCount: Int { writer.count }

    /// Whether another payload of this many bytes still fits into the frame.
    package func fits(_ payloadBytes: Int) -> Bool { writer.count + payloadBytes + 256 <= LinkLimits.frameBytes }

    package mutating func join(attachment: UInt64, _ identity: Identity, _ tickets: JoinTickets = .none) {
        begin(InputTag.join, attachment)
        identity.encode(to: &writer)
        tickets.encode(to: &writer)
    }

    package mutating func leave(attachment: UInt64) { begin(InputTag.leave, attachment) }
    package mutating func detach(attachment: UInt64) { begin(InputTag.detach, attachment) }

    package mutating func command(session: UInt64, sequence: UInt64, kind: UInt16, payload: ArraySlice<UInt8>) {
        begin(InputTag.command, session)
        writer.u64(sequence)
        writer.u16(kind)
        writer.blob(payload)
    }

    package mutating func command(session: UInt64, sequence: UInt64, key: IdempotencyKey, kind: UInt16, payload: ArraySlice<UInt8>) {
        begin(InputTag.keyedCommand, session)
        writer.u64(sequence)
        key.encode(to: &writer)
        writer.u16(kind)
        writer.blob(payload)
    }

    package mutating func malformed(session: UInt64, sequence: UInt64) {
        begin(InputTag.malformed, session)
        writer.u64(sequence)
    }

    package mutating func intent(session: UInt64, number: UInt32, kind: UInt16, payload: ArraySlice<UInt8>) {
        begin(InputTag.intent, session)
        writer.u32(number)
        writer.u16(kind)
        writer.blob(payload)
    }

    package mutating func acknowledge(session: UInt64, through sequence: UInt64) {
        begin(InputTag.acknowledge, session)
        writer.u64(sequence)
    }

    package mutating func audit(request: UInt64, session: UInt64) {
        begin(InputTag.audit, request)
        writer.u64(session)
    }

    /// Returns the whole frame and starts the next one.
    package mutating func finish(number: UInt64, world: UInt16) -> [UInt8] {
        if count == 0 { open() }
        writer.patchU16(at: Self.numberOffset - 2, world)
        writer.patchU32(at: Self.numberOffset, UInt32(number >> 32))
        writer.patchU32(at: Self.numberOffset + 4, UInt32(truncatingIfNeeded: number))
        writer.patchU32(at: Self.countOffset, UInt32(count))
        count = 0
        return endFrame(&writer)
    }

    private mutating func begin(_ tag: UInt8, _ key: UInt64) {
        if count == 0 { open() }
        count += 1
        writer.u8(tag)
        writer.u64(key)
    }

    private mutating func open() {
        writer = beginFrame(FrameType.inputs, world: 0, capacity: 4096)
        writer.u64(0)
        writer.u32(0)
    }
}
