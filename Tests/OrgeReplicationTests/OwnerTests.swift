import OrgeSchema
import Testing

@testable import OrgeReplication

@Suite("Owners in a replica")
struct OwnerTests {
    @Test("an owner that is not here costs no memory, and owns what names it once it is here")
    func absentOwner() {
        var replica = Replica(TestSchema.make(hasPlaces: false), number: 5)
        let item = Entity(world: 5, generation: 1, slot: 3)
        func own(_ owner: Entity, _ tick: UInt64) {
            var row = ByteWriter()
            row.entity(owner)
            replica.begin(tick)
            replica.set(item, TestSchema.lease, row.bytes, at: 0, count: row.count)
            replica.end()
        }
        for (index, owner) in [Entity(world: 5, generation: 9, slot: 60_000_000), Entity(world: 6, generation: 1, slot: 70_000)].enumerated() {
            own(owner, UInt64(index + 1))
            #expect(replica.slotCount == 64 && replica.isOwned(3, by: owner))
        }
        let late = Entity(world: 5, generation: 2, slot: 500)
        own(late, 3)
        #expect(replica.slotCount == 64)
        replica.begin(4)
        replica.set(late, TestSchema.name, [0, 0], at: 0, count: 2)
        replica.end()
        var owned: [Int] = []
        replica.forEachOwned(by: late) { owned.append($0) }
        #expect(owned == [3])
    }
}
