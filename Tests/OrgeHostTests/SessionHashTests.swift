import OrgeImage
import OrgeLink
import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

/// Images of sessions, edges and worlds are read record by record while they change, and hashed as they are read.
@Suite("Images and hashes of sessions")
struct SessionHashTests {
    private static func state(_ seed: UInt64) -> HostState { HostState(new: WorldEngine(Tally.self, number: 3, seed: seed)) }

    private static func run(_ state: inout HostState, _ script: inout InputScript) {
        let tick = state.tick + 1
        let record = state.seal(tick: tick, utcMilliseconds: tick, lateMicroseconds: 0, inputs: script.inputs(state))
        _ = state.run(record, body: record.encoded())
    }

    @Test(
        "an image that is read while ticks run is that of the tick at which it began, with its hashes",
        arguments: 0..<12 as Range<UInt64>)
    func besideTicks(seed: UInt64) throws {
        var script = InputScript(random: RandomSource(seed: seed))
        var state = Self.state(seed)
        var records = 0
        for _ in 0..<8 {
            for _ in 0..<script.random.within(1...30) { Self.run(&state, &script) }
            state.table.checkInvariants()
            let header = ImageHeader(tick: state.tick)
            let (whole, table, hash) = (state.writeImage(header, to: MemoryImage()), state.table, state.hostHash)
            var reading = HostImageReading(state.beginImage(poolBytes: nil), header, to: MemoryImage())
            while reading.step() != .end { if script.random.chance(1, outOf: 2) { Self.run(&state, &script) } }
            state.endImage()
            let read = reading.finish()
            #expect(read == whole, "seed \(seed)")
            let restored = try HostState.restore(Tally.self, from: MemorySource(whole.bytes))
            restored.table.checkInvariants()
            #expect(restored.table == table && restored.hostHash == hash, "seed \(seed)")
            records += table.sessions.values.reduce(0) { $0 + $1.window.kept.count } + table.edges.reduce(0) { $0 + $1.1.kept.entries.count }
        }
        #expect(records > 0, "seed \(seed)")
    }

    @Test("a step writes a bounded part of what a host keeps, and an image of outcomes that are larger than a chunk is read again")
    func steps() throws {
        var state = Self.state(1)
        let record = state.seal(
            tick: 1, utcMilliseconds: 0, lateMicroseconds: 0, inputs: [.join(Attachment(edge: 1, number: 1), .guest("anna"), takesOver: false)])
        _ = state.run(record, body: record.encoded())
        let number: UInt64 = 1
        let other = WorldSource(world: 9, timeline: 4)
        state.table.accept(1, from: other)
        for sequence in 1...34 as ClosedRange<UInt64> {
            let outcome = KeptOutcomes.Outcome(sequence: sequence, tick: 1, bytes: [UInt8](repeating: UInt8(sequence), count: LinkLimits.pieceBytes))
            state.table.update(number) { session in
                session.window.accept(sequence)
                session.window.keep(outcome)
            }
        }
        state.table.update(other) { $0.keep(KeptOutcomes.Outcome(sequence: 1, tick: 1, bytes: [1])) }
        state.table.checkInvariants()
        var reading = HostRecordsReading(state.records, HostSection.allCases)
        var writer = ImageWriter(ImageHeader(tick: 1), schema: state.engine.schema, to: CountingSink())
        var steps = 0
        while reading.step(&writer) { steps += 1 }
        let sink = writer.finish(worldHash: 0, hostHash: 0)
        #expect(steps > 34 && sink.largest <= HostRecordsReading.stepBytes + ImageLimits.chunkTargetBytes + LinkLimits.pieceBytes + 1_024)
        let restored = try HostState.restore(Tally.self, from: MemorySource(state.writeImage(ImageHeader(tick: 1), to: MemoryImage()).bytes))
        #expect(restored.table == state.table && restored.hostHash == state.hostHash)
        restored.table.checkInvariants()
    }

    private struct CountingSink: ImageSink {
        var largest = 0
        mutating func append(_ bytes: [UInt8]) { largest = max(largest, bytes.count) }
    }

    /// A table with everything that a record can hold.
    private static var full: SessionTable {
        var table = SessionTable()
        let attachments = (1...3).map { Attachment(edge: 5, number: $0) }
        let numbers = attachments.map { attachment in
            table.open(
                .guest("guest-\(attachment.number)"), avatar: Entity(world: 3, generation: 1, slot: 7), attachment: attachment, at: 4,
                ticket: Ticket(high: 1, low: attachment.number).hash)
        }
        table.update(numbers[0]) { session in
            session.consume(6, in: 9)
            for sequence in 1...3 as ClosedRange<UInt64> {
                session.window.accept(sequence)
                session.window.keep(KeptOutcomes.Outcome(sequence: sequence, tick: 10, bytes: [0, UInt8(sequence)]))
            }
            session.window.acknowledge(1)
        }
        table.detach(numbers[1], at: 12)
        table.released(edge: 5, through: 3)
        table.keep(.join(.joined(session: 1, avatar: .none, nextSequence: 1)), for: attachments[0], tick: 4)
        table.keep(.join(.refused(.full, code: 2, text: "full")), for: attachments[1], tick: 5)
        table.keep(.ended(.detached), for: attachments[2], tick: 5)
        table.giveUp(edge: 6, at: 8)
        let world = WorldSource(world: 9, timeline: 77)
        table.accept(1, from: world)
        table.update(world) { $0.keep(KeptOutcomes.Outcome(sequence: 1, tick: 2, bytes: [1])) }
        return table
    }

    private static func image(_ table: SessionTable) -> HostImageRecords {
        HostImageRecords(
            presenceHash: 0, chain: 1, worldChain: 2, utcMilliseconds: 3, table: table, events: EventHistory(), openings: [], faults: FaultLedger())
    }

    private static func records(_ section: HostSection) -> [[UInt8]] {
        var groups = HostGroups(image(full))
        var records: [[UInt8]] = []
        while var group = groups.next(in: section) {
            while !group.isEnded {
                var writer = ByteWriter()
                group.encodeNext(to: &writer)
                records.append(writer.bytes)
            }
        }
        return records
    }

    /// The hash that a decoder comes to; nil when the records are refused.
    private static func hash(_ section: HostSection, _ records: [[UInt8]]) -> UInt64? {
        let decoder = HostDecoder()
        do {
            guard try decoder.begin(section.description) else { return nil }
            for record in records {
                var reader = ByteReader(record)
                try decoder.decode(&reader)
                try reader.expectEnd()
            }
            return try decoder.end()
        } catch {
            return nil
        }
    }

    @Test("each byte of a record that can be another one changes the section's hash", arguments: [HostSection.sessions, .edges, .worlds])
    func everyByte(section: HostSection) throws {
        let records = Self.records(section)
        let content = Self.image(Self.full).contentHash(section)
        #expect(Self.hash(section, records) == section.hash(content))
        var (changed, places) = (0, 0)
        for record in records.indices {
            for place in records[record].indices {
                places += 1
                var reached = false
                for bit in 0..<8 {
                    var other = records
                    other[record][place] ^= 1 << UInt8(bit)
                    guard let hash = Self.hash(section, other) else { continue }
                    reached = true
                    #expect(hash != section.hash(content), "record \(record), byte \(place), bit \(bit)")
                }
                if reached { changed += 1 }
            }
        }
        // Lengths, flags, texts and numbers that must rise are refused; most of the rest is not.
        #expect(changed * 2 > places)
    }

    @Test("kept outcomes are those of a list", arguments: 0..<30 as Range<UInt64>)
    func keptOutcomes(seed: UInt64) {
        var random = RandomSource(seed: seed)
        var kept = KeptOutcomes()
        var list: [KeptOutcomes.Outcome] = []
        var next: UInt64 = 1
        for _ in 0..<300 {
            switch random.below(8) {
            case 0, 1:
                let through = next &- UInt64(random.below(40))
                kept.removeAll(through: through > next ? 0 : through)
                list.removeAll { through <= next && $0.sequence <= through }
            case 2 where random.chance(1, outOf: 20):
                kept.removeAll(through: .max)
                list = []
            default:
                let bytes = (0..<random.below(60)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                list.append(.init(sequence: next, tick: random.next(), bytes: bytes))
                kept.append(list[list.count - 1])
                next += UInt64(random.within(1...3))
            }
            #expect(kept.count == list.count && Array(kept) == list && kept.isEmpty == list.isEmpty, "seed \(seed)")
            var copy = KeptOutcomes()
            for outcome in list { copy.append(outcome) }
            #expect(copy == kept, "seed \(seed)")
        }
    }
}
