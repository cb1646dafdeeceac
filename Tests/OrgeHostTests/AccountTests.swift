import OrgeImage
import OrgeLink
import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

/// An account is its id. Names are labels; a guest's id follows from the name, so two names of guests with one id are a collision.
@Suite("Accounts of a host")
struct AccountTests {
    /// A state and the next attachment's number.
    private struct Host: ~Copyable {
        var state: HostState
        private var nextAttachment: UInt64 = 1

        init(_ state: consuming HostState = HostState(new: WorldEngine(Tally.self, number: 3, seed: 1))) { self.state = state }

        mutating func attachment() -> OrgeHost.Attachment {
            defer { nextAttachment += 1 }
            return OrgeHost.Attachment(edge: 1, number: nextAttachment)
        }

        /// Runs a tick.
        /// - Returns: answers to joins, in order.
        mutating func run(_ inputs: [HostInput]) -> [JoinAnswer] {
            let record = state.seal(tick: state.tick + 1, utcMilliseconds: 0, lateMicroseconds: 0, inputs: inputs)
            let answers = state.run(record, body: record.encoded()).answers
            return answers.compactMap { if case .join(let answer) = $0.answer { answer } else { nil } }
        }

        mutating func join(_ identity: Identity) -> JoinAnswer? { run([.join(attachment(), identity, takesOver: false)]).first }
    }

    /// A guest whose id is that of another name: no such name is known for SHA-256, so it comes as an edge would send it.
    private static func guest(_ name: String, withIDOf other: String) throws -> Identity {
        var writer = ByteWriter()
        writer.u64(Identity.guest(other).id.raw)
        writer.u32(Roles.guest.rawValue)
        writer.shortText(name)
        var reader = ByteReader(writer.take())
        return try Identity(reading: &reader)
    }

    private static func isCollision(_ answer: JoinAnswer?) -> Bool {
        guard case .refused(.refused, let code, let text, _)? = answer else { return false }
        return code == Refusal.Code.conflict.rawValue && text.contains("take another name")
    }

    @Test("a guest with the id of another guest's name is refused while the other is there, lingers, arrives in the same tick, or is known to the world")
    func collisions() throws {
        let mallory = try Self.guest("mallory", withIDOf: "anna")
        var host = Host()
        let (first, second) = (host.attachment(), host.attachment())
        let answers = host.run([.join(first, .guest("anna"), takesOver: false), .join(second, mallory, takesOver: true)])
        #expect(answers.count == 2 && answers.count(where: Self.isCollision) == 1)
        #expect(Self.isCollision(host.join(mallory)))
        _ = host.run([.detach(first)])
        #expect(Self.isCollision(host.join(mallory)) && host.state.table.session(ofAccount: mallory.id)?.identity.name == "anna")
        guard case .joined? = host.join(.guest("anna")) else {
            Issue.record("anna herself may come back")
            return
        }
        // After a restart from an image it is the same.
        let image = host.state.writeImage(ImageHeader(tick: host.state.tick), to: MemoryImage())
        var restored = Host(try HostState.restore(Tally.self, from: MemorySource(image.bytes)))
        #expect(Self.isCollision(restored.join(mallory)))
    }

    @Test("a name is free again when neither session nor world knows the account")
    func freed() throws {
        let mallory = try Self.guest("mallory", withIDOf: "anna")
        var host = Host()
        let first = host.attachment()
        _ = host.run([.join(first, .guest("anna"), takesOver: false)])
        _ = host.run([.leave(first)])
        #expect(host.state.engine.name(of: mallory.id) == nil)
        guard case .joined? = host.join(mallory) else {
            Issue.record("nothing keeps mallory out")
            return
        }
        #expect(Self.isCollision(host.join(.guest("anna"))))
    }

    @Test("an account of the identity service may change its name and stays one account, and a guest of the same name is another one")
    func renamed() {
        let id = AccountID(raw: 17)
        var host = Host()
        let first = host.attachment()
        _ = host.run([.join(first, Identity(id: id, name: "anna", roles: Roles(rawValue: 4)), takesOver: false)])
        guard case .refused(.accountInUse, _, let text, _)? = host.join(Identity(id: id, name: "berta")) else {
            Issue.record("one account, two sessions")
            return
        }
        #expect(text.contains("berta"))
        let avatar = host.state.table.session(ofAccount: id)?.avatar
        _ = host.run([.detach(first)])
        guard case .joined(_, let resumed, _, _)? = host.join(Identity(id: id, name: "berta")) else {
            Issue.record("the account comes back under its new name")
            return
        }
        #expect(resumed == avatar && host.state.table.session(ofAccount: id)?.identity == Identity(id: id, name: "berta"))
        // A guest with the same name is another account.
        guard case .joined(_, let guest, _, _)? = host.join(.guest("berta")) else {
            Issue.record("a guest's name is no account's")
            return
        }
        #expect(guest != avatar)
    }
}
