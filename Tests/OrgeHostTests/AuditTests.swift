import OrgeLink
import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

@Suite("Audits")
struct AuditTests {
    private struct Row: Equatable {
        var entity: Entity
        var component: UInt16
        var hash: UInt64
        var isInner: Bool
    }

    private func rows(_ answers: [HostAudit]) throws -> [Row] {
        var rows: [Row] = []
        for answer in answers {
            var reader = ByteReader(Array(answer.bytes[answer.rows.range]))
            while !reader.isAtEnd {
                rows.append(Row(entity: try reader.entity(), component: try reader.u16(), hash: try reader.u64(), isInner: try reader.flag()))
            }
        }
        return rows
    }

    @Test("a player's audit is its disc and what it owns; a monitor's is everything public; both follow the release of their tick")
    func answers() throws {
        let rig = HostRig<Tally>()
        try rig.start()
        let edge = rig.addEdge(id: 1)
        let anna = edge.join("anna")
        let bert = edge.join("bert")
        try rig.settle()
        edge.audit(7, session: edge.clients[anna].session!)
        edge.audit(8, session: 0)
        edge.command(bert, TallyBytes.step, TallyBytes.step(1))
        try rig.settle()
        let engine = rig.machine!.state.engine
        let avatar = edge.clients[anna].avatar
        let center = try #require(engine.place(of: avatar))
        let mine = try rows(edge.audits.filter { $0.request == 7 })
        var expected: [(Entity, UInt16)] = []
        engine.forEachVisibleRow { entity, component, _ in
            let isOwned = entity == avatar
            let distance = engine.place(of: entity).map { abs($0.x - center.x) } ?? .infinity
            guard isOwned || distance <= 120, isOwned || component != 3 else { return }
            expected.append((entity, component))
        }
        expected.sort { $0 < $1 }
        #expect(mine.map(\.entity) == expected.map(\.0) && mine.map(\.component) == expected.map(\.1))
        for row in mine {
            let distance = engine.place(of: row.entity).map { abs($0.x - center.x) } ?? .infinity
            #expect(row.isInner == (row.entity == avatar || distance <= 100))
        }
        let all = try rows(edge.audits.filter { $0.request == 8 })
        #expect(!all.contains { $0.component == 3 || $0.component == 2 }, "neither purses nor what is the host's own")
        #expect(all.count(where: \.isInner) == all.count)
        #expect(all.count == 20 + 2 * 2)
    }

    @Test("an audit asked while ticks are held follows the last of them")
    func held() throws {
        let rig = HostRig<Tally>()
        try rig.start()
        let edge = rig.addEdge(id: 1)
        let anna = edge.join("anna")
        try rig.settle()
        edge.command(anna, TallyBytes.step, TallyBytes.step(1))
        rig.deliver()
        rig.turn()
        edge.audit(1, session: edge.clients[anna].session!)
        rig.deliver()
        #expect(edge.audits.isEmpty)
        try rig.commit()
        #expect(edge.audits.map(\.tick) == [rig.tick])
    }
}
