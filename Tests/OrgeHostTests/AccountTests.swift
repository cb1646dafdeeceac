import OrgeLink
import OrgeSchema
import OrgeWorld
import OrgeWorldTesting
import Testing

@testable import OrgeHost

/// An account is its id. Names are labels; a guest's id follows from the name, so two names of guests with one id are a collision.
@Suite("Accounts of a host")
struct AccountTests {
    /// A guest whose id is that of anna's name: no such name is known for SHA-256, so it comes as an edge would send it.
    private static func mallory() throws -> Identity {
        var writer = ByteWriter()
        writer.u64(Identity.guest("anna").id.raw)
        writer.u32(Roles.guest.rawValue)
        writer.shortText("mallory")
        var reader = ByteReader(writer.take())
        return try Identity(reading: &reader)
    }

    @Test("a guest with the id of another guest's name is refused while the other is there, lingers or is known to the world, after a restart too")
    func collisions() throws {
        let mallory = try Self.mallory()
        let world = TestWorld(Tally.self)
        let anna = try world.join("anna")
        #expect(world.expectJoinRefused(mallory, .conflict)?.text.contains("take another name") == true)
        anna.disconnect()
        world.run()
        world.expectJoinRefused(mallory, .conflict)
        try world.join("anna")
        world.expectJoinRefused(mallory, .conflict)
        world.expectSound()
    }

    @Test("of two guests with one id that arrive in the same tick one is refused, also where it may take sessions over")
    func sameTick() throws {
        var state = HostState(new: WorldEngine(Tally.self, number: 3, seed: 1))
        let joins = [Identity.guest("anna"), try Self.mallory()].enumerated().map { index, identity in
            HostInput.join(OrgeHost.Attachment(edge: 1, number: UInt64(index + 1)), identity, takesOver: index == 1)
        }
        let record = state.seal(tick: 1, utcMilliseconds: 0, lateMicroseconds: 0, inputs: joins)
        let refused = state.run(record, body: record.encoded()).answers.count { answer in
            if case .join(.refused(.refused, code: Refusal.Code.conflict.rawValue, _, _)) = answer.answer { true } else { false }
        }
        #expect(refused == 1)
    }

    @Test("a name is free again when neither session nor world knows the account")
    func freed() throws {
        let world = TestWorld(Tally.self)
        try world.join("anna").leave()
        world.run()
        try world.join(try Self.mallory())
        world.expectJoinRefused("anna", .conflict)
    }

    @Test("an account of the identity service may change its name and stays one account, and a guest of the same name is another one")
    func renamed() throws {
        let id = AccountID(raw: 17)
        let world = TestWorld(Tally.self)
        let anna = try world.join(Identity(id: id, name: "anna", roles: Roles(rawValue: 4)))
        #expect(world.expectJoinRefused(Identity(id: id, name: "berta"), .accountInUse)?.text.contains("berta") == true)
        anna.disconnect()
        let berta = try world.join(Identity(id: id, name: "berta"))
        #expect(berta.avatar == anna.avatar)
        #expect(try world.join("berta").avatar != berta.avatar)
    }
}
