import OrgeLink
import OrgeSchema
import Testing

@Suite("Bad bytes on the link")
struct BadLinkBytesTests {
    /// One whole frame of each kind, type and body.
    static func samples(seed: UInt64) -> [[UInt8]] {
        var sampler = LinkSampler(seed: seed)
        var inputs = InputBatchWriter()
        inputs.join(attachment: 1, .guest("ann"))
        inputs.command(session: 4, sequence: 5, kind: 6, payload: sampler.bytes(upTo: 10))
        inputs.command(session: 4, sequence: 6, key: IdempotencyKey(high: 1, low: 2), kind: 6, payload: sampler.bytes(upTo: 10))
        inputs.audit(request: 13, session: 0)
        var image = LinkImageWriter(world: 3, tick: 3, chain: 9)
        var audit = HostAuditWriter(world: 3, request: 1, tick: 2)
        for _ in 0..<3 {
            _ = image.set(sampler.entity(), 1, row: sampler.bytes(upTo: 10))
            _ = audit.row(sampler.entity(), 1, valueHash: sampler.random.next(), isInner: true)
        }
        for session in 1...2 as ClosedRange<UInt64> { _ = image.consumed(ConsumedIntent(session: session, number: 5)) }
        return [
            EdgeFrame.encode(sampler.edgeHello()), inputs.finish(number: 9, world: 3), EdgeFrame.encode(released: 4, world: 3),
            HostFrame.encode(sampler.hostHello()),
            image.finish(), sampler.release(4).encodedFrames(world: 3)[0], audit.finish(),
            HostFrame.encode(refusedEdge: "no", world: 3), HostFrame.encode(sampler.sessions(), world: 3),
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
        case .command(_, _, _, let extent), .keyedCommand(_, _, _, _, let extent), .intent(_, _, _, let extent): _ = batch.payload(extent)
        case .join, .leave, .detach, .acknowledge, .audit, .malformed: break
        }
    }

    @Test("a frame that is cut short anywhere is refused")
    func truncation() {
        for (kind, frame) in Self.samples(seed: 3).enumerated() {
            #expect(Self.read(frame))
            for count in 0..<frame.count {
                // An audit's rows have no count: a cut between two of them leaves a shorter answer.
                if kind == 6, count >= 20, (count - 20).isMultiple(of: HostAudit.rowBytes) { continue }
                #expect(!Self.read(Array(frame[..<count])), "kind \(kind), \(count) of \(frame.count) bytes")
            }
        }
    }

    @Test("a session whose commands would begin at nothing, or near the end of all numbers, is refused", arguments: [0, 1 << 62, UInt64.max])
    func firstSequence(first: UInt64) {
        var release = Release(ReleaseHead(tick: 1, chain: 3, utcMilliseconds: 2))
        release.joins = [(7, .joined(session: 8, avatar: Entity(world: 1, generation: 1, slot: 1), nextSequence: first))]
        #expect(!Self.read(body(release.encodedFrames(world: 3)[0])))
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
        for type in [1, 2, 3, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86] as [UInt8] {
            _ = Self.read([type] + (0..<random.below(200)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        }
    }

    @Test("a frame that names another world than the link's is refused; an edge's hello names none by number")
    func otherWorld() throws {
        for frame in Self.samples(seed: 5).dropFirst() {
            #expect((try? EdgeFrame(decoding: frame, world: 3)) != nil || (try? HostFrame(decoding: frame, world: 3)) != nil)
            #expect((try? EdgeFrame(decoding: frame, world: 4)) == nil && (try? HostFrame(decoding: frame, world: 4)) == nil)
        }
        var hello = Self.samples(seed: 5)[0]
        #expect((try? EdgeFrame(decoding: hello, world: 4)) != nil)
        hello[2] = 3
        #expect(throws: DecodeError.self) { try EdgeFrame(decoding: hello, world: 3) }
    }

    @Test("extensions that a receiver does not know are skipped, whole or not at all")
    func extensions() throws {
        let release = Release(ReleaseHead(tick: 1, chain: 2, utcMilliseconds: 3))
        let frame = Array(body(release.encodedFrames(world: 3)[0]).dropLast())
        let known = [UInt8(2), 7, 0, 3, 1, 2, 3, 9, 0, 0]
        guard case .release(let read) = try HostFrame(decoding: frame + known) else { throw Unexpected() }
        #expect(read.tick == 1 && read.head.chain == 2)
        for count in 0..<known.count { #expect(throws: DecodeError.self) { try HostFrame(decoding: frame + known[..<count]) } }
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
        var frame = Array(EdgeFrame.encode(EdgeHello(version: LinkVersion.current + 1, world: "w", edgeID: 1, incarnation: 3)).dropFirst(4))
        frame += [1, 2, 3]
        guard case .hello(let hello) = try EdgeFrame(decoding: frame) else { throw Unexpected() }
        #expect(hello.version == LinkVersion.current + 1)
    }
}
