import OrgeSchema
import OrgeWire
import Testing

@Suite struct UpdateTests {
    /// What an update says of one entity, however it was split.
    struct Step: Equatable {
        var section: UpdateSection
        var entity: Entity
        /// By bit; empty rows stand for removed components.
        var rows: [Int: [UInt8]] = [:]
    }

    static let base = idBase(ofWorld: 3)
    static let layout = RowLayout([FieldSchema("bytes", .list(.u8, capacity: 300))])

    @Test("An update split over frames of any size says the same", arguments: 0..<60 as Range<UInt64>)
    func splitting(seed: UInt64) throws {
        var samples = FrameSamples(seed: seed)
        let limit = [420, 500, 1_000, 10_000][samples.random.below(4)]
        let head = UpdateWriter.Head(tick: 0x0102_03ff, isReset: true, isSized: samples.random.chance(1, outOf: 2), consumedIntent: seed == 0 ? nil : 7)
        var writer = UpdateWriter(head, base: Self.base, limit: limit)
        var expected: [Step] = []
        for section in UpdateSection.allCases {
            var entity = Self.base.raw - UInt64(samples.random.below(1000))
            for _ in 0..<samples.random.within(0...20) {
                entity += 1 + UInt64(samples.random.below(samples.random.chance(1, outOf: 10) ? 1 << 40 : 100))
                expected.append(write(section, Entity(raw: entity), &writer, &samples))
            }
        }
        let frames = try Self.frames(writer.finish().bytes, limit: limit)
        #expect(frames.map(\.hasMore) == frames.indices.map { $0 < frames.count - 1 }, "seed \(seed)")
        #expect(frames.map(\.isReset) == frames.indices.map { $0 == 0 })
        #expect(frames.map(\.consumedIntent) == frames.indices.map { $0 == 0 ? head.consumedIntent : nil })
        #expect(frames.allSatisfy { $0.tick == 0x0102_03ff && $0.isSized == head.isSized })
        #expect(try frames.flatMap { try Self.steps($0) } == expected, "seed \(seed)")
    }

    private func write(_ section: UpdateSection, _ entity: Entity, _ writer: inout UpdateWriter, _ samples: inout FrameSamples) -> Step {
        var step = Step(section: section, entity: entity)
        guard section != .left else {
            writer.begin(section, entity)
            return step
        }
        var components: UInt64 = 0
        while components == 0 { components = samples.random.next() & samples.random.next() & samples.random.next() & 0x8000_0000_0000_00ff }
        for bit in 0..<64 where components >> UInt64(bit) & 1 == 1 {
            guard section != .removed else {
                step.rows[bit] = []
                continue
            }
            let content = samples.bytes(upTo: samples.random.chance(1, outOf: 5) ? 40 : 10)
            step.rows[bit] = [UInt8(content.count >> 8), UInt8(content.count & 255)] + content
        }
        let rows = step.rows.sorted { $0.key < $1.key }.map(\.value).filter { !$0.isEmpty }
        let mask = section == .changed ? 1 : 0
        writer.begin(section, entity, components: components, byteCount: rows.reduce(0) { $0 + writer.rowBytes($1.count + mask) })
        for row in rows { if section == .changed { writer.change(mask: [1], row: row[...]) } else { writer.row(([7] + row)[1...]) } }
        return step
    }

    @Test("Entities and sections out of order start another frame")
    func order() throws {
        var writer = UpdateWriter(UpdateWriter.Head(tick: 1), base: Self.base)
        let (low, high) = (Entity(raw: Self.base.raw + 5), Entity(raw: Self.base.raw + 9))
        for (section, entity) in [(.left, low), (.removed, high), (.removed, low), (.removed, low)] as [(UpdateSection, Entity)] {
            writer.begin(section, entity, components: section == .left ? 0 : 1)
        }
        let frames = try Self.frames(writer.finish().bytes, limit: 100)
        #expect(try frames.map { try Self.steps($0).map(\.entity) } == [[low], [high], [low], [low]])
    }

    @Test("Frames are appended to what was written before")
    func appends() throws {
        var before = ByteWriter()
        ServerFrame.credit(.none).encode(to: &before)
        let start = before.count
        var writer = UpdateWriter(UpdateWriter.Head(tick: 5), base: Self.base, appendingTo: before)
        writer.begin(.left, Entity(raw: 3))
        let bytes = writer.finish().bytes
        #expect(Array(bytes[..<start]) == ServerFrame.credit(.none).encoded)
        #expect(try Self.frames(Array(bytes[start...]), limit: 100).count == 1)
    }

    @Test("Entries that break the rules of sections are malformed")
    func badEntries() {
        let bad: [(String, [UInt8])] = [
            ("a section's end at the end", [2, 1, 1, 0, 0, 0]), ("nothing but ends", [0, 0]), ("a fifth section", [0, 0, 0, 2, 0, 2]),
            ("no component", [2, 0]), ("cut in the components", [2]), ("a longer varint than need be", [0x82, 0]),
            ("a varint over 64 bits", [0, 0, 0] + [UInt8](repeating: 0xff, count: 9) + [2]),
            ("an id past the last", [0, 0, 0, 2] + [UInt8](repeating: 0xff, count: 9) + [1]),
            // The base and its negative: an id of zero.
            ("no id", [0, 0, 0] + Self.varint(Varint.zigzag(Int64(bitPattern: 0 &- Self.base.raw)))),
        ]
        for (what, entries) in bad {
            #expect(throws: DecodeError.self, "\(what)") { _ = try Self.steps(UpdateFrame(tick: 1, entries: entries)) }
        }
    }

    static func varint(_ value: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.varint(value)
        return writer.bytes
    }

    static func frames(_ bytes: [UInt8], limit: Int) throws -> [UpdateFrame] {
        var stream = FrameStream(limit: limit)
        stream.append(bytes)
        var frames: [UpdateFrame] = []
        while case .frame(let range) = stream.next() {
            var reader = stream.reader(range)
            if case .update(let update) = try ServerFrame(decoding: &reader) { frames.append(update) }
        }
        #expect(stream.pendingCount == 0)
        return frames
    }

    static func steps(_ frame: UpdateFrame) throws -> [Step] {
        var steps: [Step] = []
        var cursor = UpdateCursor(frame, base: base)
        let codec = RowCodec(layout)
        while let entry = try cursor.nextEntry() {
            var step = Step(section: entry.section, entity: entry.entity)
            for bit in 0..<64 where entry.components >> UInt64(bit) & 1 == 1 {
                guard entry.section != .removed else {
                    step.rows[bit] = []
                    continue
                }
                _ = try cursor.beginRow()
                if entry.section == .changed {
                    var row = ByteWriter()
                    try cursor.change(codec, old: nil, to: &row)
                    step.rows[bit] = row.bytes
                } else {
                    step.rows[bit] = Array(frame.entries[try cursor.row(layout)])
                }
                try cursor.endRow()
            }
            steps.append(step)
        }
        return steps
    }
}
