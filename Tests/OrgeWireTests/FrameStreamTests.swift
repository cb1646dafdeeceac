import OrgeSchema
import OrgeWire
import Testing

@Suite struct FrameStreamTests {
    @Test("Frames come out the same however the stream is cut", arguments: 0..<20 as Range<UInt64>)
    func anyChunks(seed: UInt64) throws {
        var samples = FrameSamples(seed: seed)
        let sent = (0..<40).map { _ in samples.client(samples.one(ClientFrameType.allCases)) }
        let stream = sent.flatMap(\.encoded)
        var buffer = FrameStream.client
        var received: [ClientFrame] = []
        var offset = 0
        while offset < stream.count {
            let end = min(stream.count, offset + (seed == 0 ? 1 : samples.random.within(1...90)))
            buffer.append(stream[offset..<end])
            offset = end
            while case .frame(let range) = buffer.next() {
                var reader = buffer.reader(range)
                received.append(try ClientFrame(decoding: &reader))
            }
        }
        #expect(received == sent, "seed \(seed)")
        #expect(buffer.pendingCount == 0)
    }

    @Test("A size of zero or over the limit is told with its size")
    func badSizes() {
        for size in [0, 101, UInt32.max] {
            var buffer = FrameStream(limit: 100)
            buffer.append(bigEndian(size))
            #expect(buffer.next() == .badSize(size))
        }
    }

    @Test("Errors name what is wrong with the size")
    func sizeErrors() {
        var empty = FrameStream(limit: 100)
        empty.append(bigEndian(0))
        #expect(throws: DecodeError(.inconsistent("a frame without a type"), at: 0)) { try empty.nextReader() }
        var large = FrameStream(limit: 100)
        large.append(bigEndian(101))
        #expect(throws: DecodeError(.overLimit(length: 101, limit: 100), at: 0)) { try large.nextFrame() }
    }

    @Test("A large buffer that ran empty gives its memory back, a small one keeps it")
    func memory() {
        for (size, keeps) in [(500, true), (5000, false)] {
            var stream = FrameStream(limit: 10_000)
            stream.append(bigEndian(UInt32(size))[...])
            stream.append([UInt8](repeating: 1, count: size)[...])
            #expect(stream.next() == .frame(4..<4 + size))
            #expect(stream.next() == .incomplete)
            #expect((stream.bytes.capacity > 0) == keeps)
        }
    }

    private func bigEndian(_ size: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * UInt32($0))) } }
}
