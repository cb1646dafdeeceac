import OrgeSchema
import OrgeWire
import Testing

@Suite struct FrameBufferTests {
    @Test("Frames come out the same however the stream is cut", arguments: 0..<20 as Range<UInt64>)
    func anyChunks(seed: UInt64) throws {
        var samples = FrameSamples(seed: seed)
        let sent = (0..<40).map { _ in samples.client(samples.one(ClientFrameType.allCases)) }
        let stream = sent.flatMap(\.encoded)
        var buffer = FrameBuffer(limit: WireLimits.clientFrameBytes, mayBeHTTP: true)
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
            var buffer = FrameBuffer(limit: 100)
            buffer.append(bigEndian(size))
            #expect(buffer.next() == .badSize(size))
        }
    }

    @Test("A browser is told apart by its first four bytes, and only by the first")
    func http() {
        var buffer = FrameBuffer(limit: 100, mayBeHTTP: true)
        buffer.append(Array("GET".utf8))
        #expect(buffer.next() == .incomplete)
        buffer.append(Array(" / HTTP/1.1".utf8))
        #expect(buffer.next() == .http)
        #expect(Array(buffer.pending) == Array("GET / HTTP/1.1".utf8))
        var later = FrameBuffer(limit: 100, mayBeHTTP: true)
        later.append(ClientFrame.leave.encoded + Array("GET ".utf8))
        #expect(later.next() == .frame(4..<5))
        #expect(later.next() == .badSize(0x4745_5420))
    }

    private func bigEndian(_ size: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * UInt32($0))) } }
}
