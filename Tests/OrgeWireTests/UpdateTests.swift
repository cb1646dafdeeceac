import OrgeSchema
import OrgeWire
import Testing

@Suite struct UpdateTests {
    /// What an update says, entry by entry, however it was split.
    enum Step: Equatable {
        case enter(Entity)
        case change(Entity)
        case leave(Entity)
        case remove(Entity, UInt16)
        case row(Entity, UInt16, [UInt8])
    }

    static let layout = RowLayout([FieldSchema("bytes", .list(.u8, capacity: 300))])

    @Test("An update split over frames of any size says the same", arguments: 0..<30 as Range<UInt64>)
    func splitting(seed: UInt64) throws {
        var samples = FrameSamples(seed: seed)
        let limit = [360, 400, 1_000, 10_000][samples.random.below(4)]
        var writer = UpdateWriter(tick: 0x0102_03ff, isReset: true, limit: limit)
        var expected: [Step] = []
        for number in 0..<samples.random.within(0...60) { write(Entity(raw: UInt64(number) + 1), &writer, &samples, &expected) }
        let frames = try Self.frames(writer.finish().bytes, limit: limit)
        #expect(frames.map(\.hasMore) == frames.indices.map { $0 < frames.count - 1 }, "seed \(seed)")
        #expect(frames.map(\.isReset) == frames.indices.map { $0 == 0 })
        #expect(frames.allSatisfy { $0.tick == 0x0102_03ff })
        #expect(try Self.merged(frames) == expected, "seed \(seed)")
    }

    @Test("An entity with more rows than a count holds goes on in another entry")
    func manyRows() throws {
        var writer = UpdateWriter(tick: 1, isReset: false)
        var expected: [Step] = [.change(Entity(raw: 9))]
        writer.begin(Entity(raw: 9), .change)
        for component in 0..<300 as Range<UInt16> {
            writer.remove(component)
            expected.append(.remove(Entity(raw: 9), component))
        }
        for component in 300..<900 as Range<UInt16> {
            writer.row(component, [0, 1, 5])
            expected.append(.row(Entity(raw: 9), component, [0, 1, 5]))
        }
        let frames = try Self.frames(writer.finish().bytes, limit: WireLimits.serverFrameBytes)
        #expect(frames.count == 1)
        #expect(try Self.merged(frames) == expected)
    }

    @Test("Frames are appended to what was written before")
    func appends() throws {
        var before = ByteWriter()
        ServerFrame.credit(.none).encode(to: &before)
        let start = before.count
        var writer = UpdateWriter(tick: 5, isReset: false, appendingTo: before)
        writer.leave(Entity(raw: 3))
        let bytes = writer.finish().bytes
        #expect(Array(bytes[..<start]) == ServerFrame.credit(.none).encoded)
        #expect(try Self.frames(Array(bytes[start...]), limit: 100).count == 1)
    }

    private func write(_ entity: Entity, _ writer: inout UpdateWriter, _ samples: inout FrameSamples, _ expected: inout [Step]) {
        switch samples.random.below(3) {
        case 0:
            writer.leave(entity)
            expected.append(.leave(entity))
        case 1:
            writer.begin(entity, .enter)
            expected.append(.enter(entity))
            rows(entity, &writer, &samples, &expected)
        default:
            writer.begin(entity, .change)
            expected.append(.change(entity))
            for component in 0..<UInt16(samples.random.below(4)) {
                writer.remove(component)
                expected.append(.remove(entity, component))
            }
            rows(entity, &writer, &samples, &expected)
        }
    }

    private func rows(_ entity: Entity, _ writer: inout UpdateWriter, _ samples: inout FrameSamples, _ expected: inout [Step]) {
        for component in 10..<UInt16(10 + samples.random.below(8)) {
            let content = samples.bytes(upTo: samples.random.chance(1, outOf: 5) ? 300 : 10)
            let row = [UInt8(content.count >> 8), UInt8(content.count & 255)] + content
            if samples.random.chance(1, outOf: 2) { writer.row(component, row) } else { writer.row(component, ([7] + row)[1...]) }
            expected.append(.row(entity, component, row))
        }
    }

    static func frames(_ bytes: [UInt8], limit: Int) throws -> [UpdateFrame] {
        var buffer = FrameStream(limit: limit)
        buffer.append(bytes)
        var frames: [UpdateFrame] = []
        while case .frame(let range) = buffer.next() {
            var reader = buffer.reader(range)
            if case .update(let update) = try ServerFrame(decoding: &reader) { frames.append(update) }
        }
        #expect(buffer.pendingCount == 0)
        return frames
    }

    /// All steps, with the entries that only continue one taken out.
    static func merged(_ frames: [UpdateFrame]) throws -> [Step] {
        var steps: [Step] = []
        var last: Entity?
        for frame in frames {
            var cursor = UpdateCursor(frame)
            while let entry = try cursor.nextEntry() {
                switch entry.action {
                case .leave: steps.append(.leave(entry.entity))
                case .enter: steps.append(.enter(entry.entity))
                case .change: if last != entry.entity { steps.append(.change(entry.entity)) }
                }
                last = entry.entity
                for _ in 0..<entry.removedCount { steps.append(.remove(entry.entity, try cursor.component())) }
                for _ in 0..<entry.rowCount {
                    let component = try cursor.component()
                    steps.append(.row(entry.entity, component, Array(frame.entries[try cursor.row(layout)])))
                }
            }
        }
        return steps
    }
}
