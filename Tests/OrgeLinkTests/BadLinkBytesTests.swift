import OrgeLink
import OrgeSchema
import Testing

@Suite("Bad bytes on the link")
struct BadLinkBytesTests {
    /// One whole frame of each kind, type and body.
    static func samples(seed: UInt64) -> [[UInt8]] {
        var sampler = LinkSampler(seed: seed)
        var inputs = InputBatchWriter()
        inputs.join(attachment: 1, account: "ann")
        inputs.command(session: 4, sequence: 5, kind: 6, payload: sampler.bytes(upTo: 10))
        inputs.audit(request: 13, session: 0)
        var image = ImageWriter(tick: 3)
        var audit = HostAuditWriter(request: 1, tick: 2)
        for _ in 0..<3 {
            _ = image.set(sampler.entity(), 1, row: sampler.bytes(upTo: 10))
            _ = audit.row(sampler.entity(), 1, valueHash: sampler.random.next(), isInner: true)
        }
        return [
            EdgeFrame.encode(EdgeHello(edgeID: 1, lastTick: 2, incarnation: 3)), inputs.finish(number: 9), EdgeFrame.encode(released: 4),
            HostFrame.encode(HostHello(world: "w", number: 1, pace: .fixed, incarnation: 1, tick: 1, resumes: false, document: [1])),
            image.finish(), sampler.release(4).encodedFrames()[0], audit.finish(), HostFrame.encode(refusedEdge: "no"),
        ].map(body)
    }

    /// Reads the frame both ways; this ends for every sequence of bytes.
    static func read(_ frame: [UInt8]) -> Bool {
        var wasRead = false
        do {
            if case .inputs(let batch) = try EdgeFrame(decoding: frame) { for input in batch.inputs { touch(input, batch) } }
            wasRead = true
        } catch {}
        do {
            if case .release(let release) = try HostFrame(decoding: frame) { _ = release.meaning }
            wasRead = true
        } catch {}
        return wasRead
    }

    static func touch(_ input: LinkInput, _ batch: InputBatch) {
        switch input {
        case .join(_, let extent): _ = batch.text(extent)
        case .command(_, _, _, let extent), .intent(_, _, let extent): _ = batch.payload(extent)
        case .leave, .detach, .acknowledge, .audit: break
        }
    }

    @Test("a frame that is cut short anywhere is refused")
    func truncation() {
        for (kind, frame) in Self.samples(seed: 3).enumerated() {
            #expect(Self.read(frame))
            for count in 0..<frame.count {
                // An audit's rows have no count: a cut between two of them leaves a shorter answer.
                if kind == 6, count >= 18, (count - 18).isMultiple(of: HostAudit.rowBytes) { continue }
                #expect(!Self.read(Array(frame[..<count])), "kind \(kind), \(count) of \(frame.count) bytes")
            }
        }
    }

    @Test("a session whose commands would begin at nothing, or near the end of all numbers, is refused", arguments: [0, 1 << 62, UInt64.max])
    func firstSequence(first: UInt64) {
        var release = Release(tick: 1, utcMilliseconds: 2)
        release.joins = [(7, .joined(session: 8, avatar: Entity(world: 1, generation: 1, slot: 1), nextSequence: first))]
        #expect(!Self.read(body(release.encodedFrames()[0])))
    }

    @Test("bytes after a frame's body are refused")
    func trailing() {
        for (kind, frame) in Self.samples(seed: 4).enumerated() { #expect(!Self.read(frame + [0]), "kind \(kind)") }
    }

    @Test("flipped and random bytes never trap", arguments: 1...20 as ClosedRange<UInt64>)
    func noise(seed: UInt64) {
        var random = RandomSource(seed: seed)
        for frame in Self.samples(seed: seed) {
            for _ in 0..<300 {
                var damaged = frame
                for _ in 0...random.below(3) { damaged[random.below(damaged.count)] = UInt8(truncatingIfNeeded: random.next()) }
                _ = Self.read(damaged)
            }
        }
        for type in [1, 2, 3, 0x81, 0x82, 0x83, 0x84, 0x85] as [UInt8] {
            _ = Self.read([type] + (0..<random.below(200)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        }
    }

    @Test("a size of nothing or over the limit ends the stream")
    func sizes() {
        for size in [[0, 0, 0, 0], [1, 0, 0, 1]] as [[UInt8]] {
            var reader = FrameStream.link
            reader.append(size)
            #expect(throws: DecodeError.self) { try reader.nextFrame() }
        }
    }

    @Test("a hello of another version is read so far that the host can say so")
    func otherVersion() throws {
        var frame = Array(EdgeFrame.encode(EdgeHello(version: 2, edgeID: 1, lastTick: 2, incarnation: 3)).dropFirst(4))
        frame += [1, 2, 3]
        guard case .hello(let hello) = try EdgeFrame(decoding: frame) else { throw Unexpected() }
        #expect(hello.version == 2)
    }
}
