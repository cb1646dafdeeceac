import Foundation
import OrgeImage
import OrgeLink
import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

/// Mutants of each seed; `ORGE_MUTANTS` takes more.
private let mutantCount = Int(ProcessInfo.processInfo.environment["ORGE_MUTANTS"] ?? "") ?? 60

/// Whatever an image holds, reading it ends: with an error that says what is wrong, or with a state in which nothing contradicts and which runs.
@Suite("Mutants of images")
struct ImageMutantTests {
    /// A host with sessions that are attached, detached and gone, kept outcomes and events, edges that are away, another world's commands and freed slots.
    private static func image(seed: UInt64) throws -> [UInt8] {
        var random = RandomSource(seed: seed)
        let rig = HostRig<Tally>(seed: seed)
        try rig.start()
        let edges = [rig.addEdge(id: 1), rig.addEdge(id: 2), rig.addEdge(id: 3)]
        for (index, edge) in edges.enumerated() { for client in 0...random.within(1...4) { _ = edge.join("client-\(index)-\(client)") } }
        try rig.settle(rounds: 5)
        edges[1].acknowledges = false
        for _ in 0..<random.within(4...12) {
            let edge = edges[random.below(2)]
            let client = random.below(edge.clients.count)
            if edge.clients[client].ending == nil {
                switch random.below(5) {
                case 0: edge.end(client, random.chance(1, outOf: 2) ? .left : .detached)
                case 1: edge.command(client, TallyBytes.give, TallyBytes.give(edges[0].clients[0].avatar, 1))
                default: edge.command(client, TallyBytes.step, TallyBytes.step(3))
                }
            }
            try rig.settle(rounds: 2)
        }
        rig.disconnect(edges[2])
        try rig.settle(rounds: 5)
        rig.crash(losesPower: false, seed: seed)
        try rig.start()
        for sequence in 1...UInt64(random.within(1...3)) { rig.machine!.state.table.accept(sequence, from: WorldSource(world: 9, timeline: seed)) }
        return rig.machine!.state.writeImage(ImageHeader(tick: rig.tick, incarnation: 2, codeID: "code"), to: MemoryImage()).bytes
    }

    private static func mutator(seed: UInt64) throws -> ImageMutator {
        ImageMutator(
            random: RandomSource(seed: ~seed), original: try TornImage(image(seed: seed), of: Tally.self),
            other: try TornImage(image(seed: seed + 1_000), of: Tally.self))
    }

    private func restore(_ bytes: [UInt8]) throws(ImageError) -> HostState {
        let source = MeteredSource(bytes)
        defer { #expect(source.meter.largest <= max(ImageLimits.chunkBytes, ImageHeader.byteCount), "the reader asks for more than a chunk") }
        return try HostState.restore(Tally.self, from: source)
    }

    @Test("taken apart and put together, and hashed again, an image is what it was", arguments: 0..<4 as Range<UInt64>)
    func unchanged(seed: UInt64) throws {
        let bytes = try Self.image(seed: seed)
        let image = try TornImage(bytes, of: Tally.self)
        var hashed = image
        hashed.rehash(as: Tally.self)
        #expect(hashed.trailer == image.trailer && hashed.bytes == image.bytes)
        var state = try restore(image.bytes)
        let original = try restore(bytes)
        #expect(state.stateHash == original.stateHash && state.hostHash == original.hostHash)
        var random = RandomSource(seed: seed)
        state.live(&random)
    }

    @Test("are refused with a clear error, or are states that run", arguments: 0..<24 as Range<UInt64>)
    func mutants(seed: UInt64) throws {
        var mutator = try Self.mutator(seed: seed)
        let original = try restore(mutator.original.bytes)
        let content = try Self.content(original)
        for number in 0..<mutantCount {
            let bytes = mutator.mutant()
            let comment: Comment = "seed \(seed), mutant \(number)"
            do {
                var state = try restore(bytes)
                state.checkInvariants()
                #expect((state.stateHash, state.hostHash) == (try Self.trailer(bytes)), "not the hashes that the image states; \(comment)")
                #expect(
                    (try Self.content(state) == content) == (state.hashes == original.hashes),
                    "equal states and other hashes, or the other way round; \(comment)")
                let again = try restore(state.writeImage())
                #expect(again.hashes == state.hashes, comment)
                state.live(&mutator.random)
            } catch let error as ImageError {
                #expect(error.code != .unreadable && error.message.count > 10, "\(error); \(comment)")
            }
        }
    }

    /// The records of all sections. Accounts have an order in an image that follows from their history and means nothing: no hash covers it.
    private static func content(_ state: borrowing HostState) throws -> [[[UInt8]]] {
        try TornImage(state.writeImage(), of: Tally.self).sections.map { section in
            section.head.name == "accounts" ? section.records.sorted { $0.lexicographicallyPrecedes($1) } : section.records
        }
    }

    private static func trailer(_ bytes: [UInt8]) throws(ImageError) -> (UInt64, UInt64) {
        var reader = try ImageReader(MemorySource(bytes))
        var hashes: (UInt64, UInt64) = (0, 0)
        while let item = try reader.next() {
            if case .trailer(let trailer) = item { hashes = (trailer.worldHash, trailer.hostHash) }
        }
        return hashes
    }

    /// The control of the mutator: without it a reader that refuses everything would pass.
    @Test("reach every check of the reader, and many of them are other states")
    func reach() throws {
        var codes: [String] = []
        var others = 0
        for seed in 0..<9 as Range<UInt64> {
            var mutator = try Self.mutator(seed: seed)
            let original = try restore(mutator.original.bytes)
            for _ in 0..<200 {
                do throws(ImageError) {
                    if try restore(mutator.mutant()).hashes != original.hashes { others += 1 }
                } catch {
                    codes.append(error.code.rawValue)
                }
            }
        }
        for code: ImageError.Code in [
            .notAnImage, .otherFormat, .truncated, .damaged, .unknownSection, .missingSection, .repeatedSection, .otherLayout, .otherHash,
        ] { #expect(codes.contains(code.rawValue), "\(code)") }
        #expect(others > 80, "only \(others) mutants are other states")
    }
}

/// Notes the largest read.
private struct MeteredSource: ChunkSource {
    final class Meter {
        var largest = 0
    }

    let meter = Meter()
    private var source: MemorySource

    init(_ bytes: [UInt8]) { source = MemorySource(bytes) }

    mutating func read(upTo count: Int) throws(ImageError) -> [UInt8] {
        meter.largest = max(meter.largest, count)
        return source.read(upTo: count)
    }
}

extension HostState {
    fileprivate struct Hashes: Equatable {
        var world: UInt64
        var host: UInt64
        /// In no hash.
        var openings: [HostOpening]
    }

    fileprivate var hashes: Hashes { Hashes(world: stateHash, host: hostHash, openings: openings) }

    fileprivate func writeImage() -> [UInt8] { writeImage(ImageHeader(tick: tick), to: MemoryImage()).bytes }

    /// Runs some ticks with inputs for what the state says that it has.
    fileprivate mutating func live(_ random: inout RandomSource) {
        for _ in 0..<3 {
            let record = seal(tick: tick + 1, utcMilliseconds: utcMilliseconds + 50, lateMicroseconds: 0, inputs: inputs(&random))
            _ = run(record, body: record.encoded())
            checkInvariants()
        }
    }

    /// In the order that a tick has.
    private func inputs(_ random: inout RandomSource) -> [HostInput] {
        let sessions = table.sessions.values.filter { _ in random.chance(1, outOf: 2) }
        var inputs: [HostInput] = sessions.map { .acknowledged(.session($0.number), sequence: $0.window.highest) }
        inputs += table.edges.map { edge, _ in .released(edge: edge, tick: tick) }.filter { _ in random.chance(1, outOf: 2) }
        inputs += sessions.filter { _ in random.chance(1, outOf: 6) }.map { .leave($0.attachment) }
        inputs += sessions.filter { _ in random.chance(1, outOf: 3) }.map { .expire(session: $0.number) }
        inputs += sessions.filter { _ in random.chance(1, outOf: 6) }.map { .detach($0.attachment) }
        if let edge = sessions.first?.attachment.edge, random.chance(1, outOf: 4) { inputs.append(.edgeGone(edge: edge)) }
        for (index, session) in sessions.enumerated() where random.chance(1, outOf: 3) {
            inputs.append(.join(Attachment(edge: 77, number: tick * 100 + UInt64(index)), session.identity, takesOver: true))
        }
        inputs.append(.join(Attachment(edge: 78, number: tick), .guest("new-\(tick % 1_000)"), takesOver: false))
        for session in sessions {
            inputs.append(.command(.session(session.number), sequence: session.window.highest + 1, kind: TallyBytes.step, payload: TallyBytes.step(1)))
        }
        for (number, inbox) in table.worlds {
            inputs.append(.malformed(.world(WorldSource(world: number, timeline: inbox.timeline)), sequence: inbox.window.highest + 1))
        }
        return inputs
    }
}
