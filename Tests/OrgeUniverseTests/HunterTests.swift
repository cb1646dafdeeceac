import OrgeImage
import OrgeSchema
import OrgeUniverse
import Testing

@testable import OrgeHost
@testable import OrgeWorld

@Suite("The hunt for hidden state")
struct HunterTests {
    /// With processes that are stopped for a while; the whole tour is in `make soak`.
    private static let hunts =
        (502...509).map { UniverseSettings(seed: $0, lengthPermille: $0 == 502 ? 1000 : 400, hunts: true) }
        + (601...604).map { UniverseSettings(seed: $0, world: .meadow, lengthPermille: 150, hunts: true) }
        + [UniverseSettings(seed: 701, front: .script, hunts: true)]

    @Test("finds none: every tick runs in a copied state as it did in the original", arguments: hunts)
    func nothing(settings: UniverseSettings) throws {
        let report = try Universe.run(settings).get()
        #expect(report.pauses > 0 || settings.lengthPermille < 1000)
    }

    @Test("finds every section that a copy has lost", arguments: HostSection.allCases)
    func lostSection(section: HostSection) { expectFound("\(section)") { Self.change(section, of: &$0) } }

    @Test("finds every section of the world that a copy has lost", arguments: 0..<6)
    func lostWorldSection(index: Int) {
        expectFound("section \(index)") { state in
            let sections = state.engine.sections.map(\.section)
            Self.change(sections[min(index, sections.count - 1)], of: state.engine)
        }
    }

    private func expectFound(_ what: String, _ tamper: @escaping (inout HostState) -> Void) {
        let isFound = (1...8).contains { seed in
            let settings = UniverseSettings(seed: UInt64(seed) * 4, lengthPermille: 300, hunts: true)
            guard case .failure(let promise) = Universe.run(settings, tamper: tamper) else { return false }
            return "\(promise)".contains("copied state")
        }
        #expect(isFound, "\(what) goes unnoticed")
    }

    /// Changes something in the section and in no other one.
    private static func change(_ section: HostSection, of state: inout HostState) {
        switch section {
        case .host: state.worldChain ^= 1
        case .sessions: state.table.update(state.table.sessions.values.first { _ in true }?.number ?? 0) { $0.consume(99, in: 1) }
        case .edges: state.table.released(edge: 77, through: 5)
        case .worlds: state.table.accept(1, from: WorldSource(world: 9, timeline: 0))
        case .openings: state.opened(99)
        case .faults: state.faults.count += 1
        case .ended:
            let session = state.table.sessions.values.first { _ in true }
            if let session { state.table.ended.append(EndedSession(session, utcMilliseconds: state.utcMilliseconds)) }
        case .events: state.events.append(KeptEvents(tick: .max, events: [], bytes: []))
        }
    }

    private static func change(_ section: StateSection, of engine: WorldEngine) {
        switch section {
        case .world: engine.core.state.tick += 1
        case .entities: _ = engine.core.state.spawn()
        case .accounts: engine.core.state.setAccount(AccountRecord(account: AccountID(raw: 9), avatar: Entity(raw: 5), name: "carla"))
        case .keys:
            engine.core.state.rememberKey(
                KeyRecord(account: AccountID(raw: 9), key: IdempotencyKey(high: 1, low: 2), content: 3, tick: engine.tick, stamp: 9, result: [4]))
        case .rows(let id):
            var holders: [Entity] = []
            engine.forEachVisibleRow { entity, component, _ in if Int(component) == id { holders.append(entity) } }
            if let holder = holders.first { engine.core.state.remove(id, holder) }
        case .presences: engine.setPresence(999, .init(account: AccountID(raw: 9), avatar: Entity(raw: 5)))
        }
        engine.core.state.settleChanges()
    }
}
