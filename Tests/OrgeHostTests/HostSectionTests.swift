import OrgeImage
import OrgeLink
import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

/// Everything that a host keeps is in its hash and in its images. The controls leave one section out and must be caught.
@Suite("Sections of a host's state")
struct HostSectionTests {
    /// A host with sessions, outcomes that are not acknowledged, an edge that is away and events that it lacks.
    private static func rig() throws -> HostRig<Tally> {
        let rig = try HostRig<Tally>.started()
        let (away, here) = (rig.addEdge(id: 1), rig.addEdge(id: 2))
        let (anna, bert) = (here.join("anna"), here.join("bert"))
        _ = away.join("carl")
        try rig.settle(rounds: 5)
        here.acknowledges = false
        rig.disconnect(away)
        for _ in 0..<6 {
            here.command(anna, TallyBytes.add, TallyBytes.add(3))
            here.command(anna, TallyBytes.give, TallyBytes.give(here.clients[bert].avatar, 1))
            try rig.settle(rounds: 3)
        }
        return rig
    }

    private static func image(_ state: borrowing HostState, _ sections: [HostSection]) -> MemoryImage {
        var writer = ImageWriter(ImageHeader(tick: state.tick), schema: state.engine.schema, to: MemoryImage())
        state.engine.writeSections(to: &writer)
        var reading = HostRecordsReading(state.records, sections)
        while reading.step(&writer) {}
        return writer.finish(worldHash: state.stateHash, hostHash: reading.hash)
    }

    private static func hash(_ state: borrowing HostState, _ sections: [HostSection]) -> UInt64 { state.records.hash(over: sections) }

    /// Changes something in the section and in no other one.
    private static func change(_ section: HostSection, of state: inout HostState) {
        switch section {
        case .host: state.chain ^= 1
        case .sessions: state.table.update(1) { $0.window.highest += 1 }
        case .edges: state.table.released(edge: 77, through: 5)
        case .worlds: state.table.accept(1, from: WorldSource(world: 9, timeline: 0))
        case .openings: state.opened(99)
        case .faults: state.faults.count += 1
        case .ended: state.table.ended.append(EndedSession(state.table.session(2)!, utcMilliseconds: 0))
        case .events: state.events.append(KeptEvents(tick: .max, events: [], bytes: []))
        }
    }

    @Test("an image of all of them leads to the same state, and without any one of them it is refused by name")
    func images() throws {
        let rig = try Self.rig()
        #expect(!rig.machine!.state.events.ticks.isEmpty && rig.machine!.state.table.sessions.values.contains { !$0.window.kept.isEmpty })
        let image = Self.image(rig.machine!.state, HostSection.allCases)
        let restored = try HostState.restore(Tally.self, from: MemorySource(image.bytes))
        #expect(restored.hostHash == rig.machine!.state.hostHash && restored.stateHash == rig.machine!.state.stateHash)
        #expect(restored.table == rig.machine!.state.table && restored.chain == rig.machine!.state.chain)
        #expect(restored.worldChain == rig.machine!.state.worldChain)
        #expect(Self.image(restored, HostSection.allCases) == image)
        for section in HostSection.allCases {
            let fewer = Self.image(rig.machine!.state, HostSection.allCases.filter { $0 != section })
            do throws(ImageError) {
                _ = try HostState.restore(Tally.self, from: MemorySource(fewer.bytes))
                Issue.record("an image without \(section) is restored")
            } catch {
                #expect(error.code == .missingSection && error.section == section.description.name)
            }
        }
    }

    @Test("a change in any one of them changes the host's hash, and never the world's")
    func hashes() throws {
        let rig = try Self.rig()
        let image = Self.image(rig.machine!.state, HostSection.allCases)
        for section in HostSection.allCases {
            var changed = try HostState.restore(Tally.self, from: MemorySource(image.bytes))
            Self.change(section, of: &changed)
            #expect((changed.hostHash != rig.machine!.state.hostHash) == section.isFolded, "\(section)")
            #expect(changed.stateHash == rig.machine!.state.stateHash, "\(section)")
            // The control: a hash that leaves the section out does not notice.
            let fewer = HostSection.allCases.filter { $0 != section }
            #expect(Self.hash(changed, fewer) == Self.hash(rig.machine!.state, fewer), "without \(section)")
        }
    }

    @Test("an image that was damaged and summed again is refused by the hash of the section")
    func otherHash() throws {
        let rig = try Self.rig()
        var writer = ImageWriter(ImageHeader(tick: rig.tick), schema: rig.machine!.state.engine.schema, to: MemoryImage())
        rig.machine!.state.engine.writeSections(to: &writer)
        writer.section(HostSection.host.description)
        writer.record { HostRecord(chain: 1, worldChain: 1, utcMilliseconds: 2, nextSession: 99).encode(to: &$0) }
        writer.endSection(hash: 5)
        let image = writer.finish(worldHash: rig.machine!.state.stateHash, hostHash: 5)
        do throws(ImageError) {
            _ = try HostState.restore(Tally.self, from: MemorySource(image.bytes))
            Issue.record("restored")
        } catch {
            #expect(error.code == .otherHash && error.section == "host")
        }
    }
}
