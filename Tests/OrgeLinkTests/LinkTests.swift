import OrgeLink
import OrgeSchema
import Testing

@Suite("The link between edge and host")
struct LinkTests {
    @Test("a release comes back as it was, in one frame or in many, however the stream is cut", arguments: 1...40 as ClosedRange<UInt64>)
    func releaseRoundTrip(seed: UInt64) throws {
        var sampler = LinkSampler(seed: seed)
        let release = sampler.release(30)
        for limit in [LinkLimits.frameBytes, 300, 90] {
            let encoded = release.encodedFrames(world: 3, limit: limit)
            var meaning = [[String]](repeating: [], count: 8)
            for (index, frame) in try frames(Array(encoded.joined()), pieces: 1 + sampler.random.below(200)).enumerated() {
                guard case .release(let part) = try HostFrame(decoding: frame) else { throw Unexpected() }
                #expect(part.head == release.head)
                #expect(part.isLast == (index == encoded.count - 1), "seed \(seed)")
                for (section, lines) in part.meaning.enumerated() { meaning[section] += lines }
            }
            #expect(meaning == release.meaning, "seed \(seed), limit \(limit)")
            if limit == 300 { #expect(encoded.allSatisfy { $0.count <= 304 }, "seed \(seed)") }
        }
    }

    @Test("an image is cut into frames within the limit and joins to what was written", arguments: [104, 1000, LinkLimits.frameBytes])
    func imageRoundTrip(limit: Int) throws {
        var sampler = LinkSampler(seed: 7)
        var writer = LinkImageWriter(world: 3, tick: 77, chain: 78, limit: limit)
        var stream: [UInt8] = []
        var expected: [String] = []
        for _ in 0..<100 {
            let (entity, row) = (sampler.entity(), sampler.bytes(upTo: 60))
            expected.append("\(entity) 2 \(Array(row))")
            if let frame = writer.set(entity, 2, row: row) { stream += frame }
        }
        let intents = (1...30).map { ConsumedIntent(session: $0, number: UInt32($0) * 7) }
        for intent in intents {
            if let frame = writer.consumed(intent) { stream += frame }
        }
        stream += writer.finish()
        let parts = try frames(stream, pieces: 64).map { frame in
            #expect(frame.count <= limit)
            guard case .image(let image) = try HostFrame(decoding: frame) else { throw Unexpected() }
            return image
        }
        #expect(parts.flatMap { part in part.rows.map { "\($0.entity) \($0.component) \(Array(part.bytes[$0.bytes.range]))" } } == expected)
        #expect(parts.flatMap(\.consumed) == intents)
        #expect(parts.map(\.isFirst) == parts.indices.map { $0 == 0 })
        #expect(parts.map(\.isLast) == parts.indices.map { $0 == parts.count - 1 })
        #expect(parts.allSatisfy { $0.tick == 77 && $0.chain == 78 })
    }

    @Test("an empty image is one frame that is first and last")
    func emptyImage() throws {
        var writer = LinkImageWriter(world: 3, tick: 1, chain: 2)
        guard case .image(let image) = try HostFrame(decoding: Array(writer.finish().dropFirst(4))) else { throw Unexpected() }
        #expect(image.isFirst && image.isLast && image.rows.isEmpty && image.consumed.isEmpty)
    }

    @Test("an audit's rows keep their order over several frames")
    func auditRoundTrip() throws {
        var writer = HostAuditWriter(world: 3, request: 5, tick: 9, limit: 70)
        var stream: [UInt8] = []
        var expected = ByteWriter()
        for slot in 1...10 as ClosedRange<UInt32> {
            let entity = Entity(world: 0, generation: 1, slot: slot)
            expected.entity(entity)
            expected.u16(4)
            expected.u64(UInt64(slot) << 40)
            expected.flag(slot % 2 == 0)
            if let frame = writer.row(entity, 4, valueHash: UInt64(slot) << 40, isInner: slot % 2 == 0) { stream += frame }
        }
        stream += writer.finish()
        let parts = try frames(stream, pieces: 1).map { frame in
            guard case .auditAnswer(let answer) = try HostFrame(decoding: frame) else { throw Unexpected() }
            return answer
        }
        #expect(parts.flatMap { $0.bytes[$0.rows.range] } == expected.bytes)
        #expect(parts.reduce(0) { $0 + $1.rowCount } == 10 && parts.count > 3)
        #expect(parts.map(\.isLast) == parts.indices.map { $0 == parts.count - 1 })
    }

    @Test("both hellos and the small frames come back as they were", arguments: 1...10 as ClosedRange<UInt64>)
    func smallFrames(seed: UInt64) throws {
        var sampler = LinkSampler(seed: seed)
        let hello = sampler.edgeHello()
        guard case .hello(let edge) = try EdgeFrame(decoding: body(EdgeFrame.encode(hello))) else { throw Unexpected() }
        #expect(edge == hello)
        guard case .released(let tick) = try EdgeFrame(decoding: body(EdgeFrame.encode(released: 99, world: 3))) else { throw Unexpected() }
        #expect(tick == 99)
        let answer = sampler.hostHello()
        guard case .hello(let host) = try HostFrame(decoding: body(HostFrame.encode(answer))) else { throw Unexpected() }
        #expect(host == answer)
        let sessions = sampler.sessions()
        guard case .sessions(let held) = try HostFrame(decoding: body(HostFrame.encode(sessions, world: 3))) else { throw Unexpected() }
        #expect(held == sessions)
        guard case .refusedEdge(let why) = try HostFrame(decoding: body(HostFrame.encode(refusedEdge: "too new", world: 3))) else { throw Unexpected() }
        #expect(why == "too new")
    }

    @Test("a batch of inputs comes back in order, and the writer starts the next frame")
    func inputsRoundTrip() throws {
        var writer = InputBatchWriter()
        for number in [1, 2] as [UInt64] {
            writer.join(attachment: 1, .guest("ann"))
            writer.leave(attachment: 2)
            writer.detach(attachment: 3)
            writer.command(session: 4, sequence: 5, kind: 6, payload: [7, 8])
            writer.intent(session: 9, number: 14, kind: 10, payload: [])
            writer.acknowledge(session: 11, through: 12)
            writer.audit(request: 13, session: 0)
            writer.malformed(session: 15, sequence: 16)
            #expect(writer.count == 8)
            guard case .inputs(let batch) = try EdgeFrame(decoding: body(writer.finish(number: number, world: 3))) else { throw Unexpected() }
            #expect(batch.number == number && batch.inputs.count == 8)
            guard case .join(1, let identity, _) = batch.inputs[0], case .command(4, 5, 6, let payload) = batch.inputs[3] else { throw Unexpected() }
            #expect(identity == .guest("ann") && Array(batch.payload(payload)) == [7, 8])
            guard case .intent(9, 14, 10, let none) = batch.inputs[4] else { throw Unexpected() }
            #expect(batch.payload(none).isEmpty)
            #expect(batch.inputs[1] == .leave(attachment: 2) && batch.inputs[2] == .detach(attachment: 3))
            #expect(batch.inputs[5] == .acknowledge(session: 11, through: 12) && batch.inputs[6] == .audit(request: 13, session: 0))
            #expect(batch.inputs[7] == .malformed(session: 15, sequence: 16))
        }
        guard case .inputs(let empty) = try EdgeFrame(decoding: body(writer.finish(number: 3, world: 3))) else { throw Unexpected() }
        #expect(empty.inputs.isEmpty)
    }
}

struct Unexpected: Error {}

/// A single frame without its size.
func body(_ frame: [UInt8]) -> [UInt8] { Array(frame.dropFirst(4)) }
