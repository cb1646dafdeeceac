import OrgeSchema
import OrgeTestSupport
import Testing

@Suite("Identities")
struct IdentityTests {
    @Test("SHA-256 gives the digests of FIPS 180-4, at every length around a block's border too")
    func digests() {
        #expect(Hex.text(SHA256.digest([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(Hex.text(SHA256.digest("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
        #expect(Hex.text(SHA256.digest(two.utf8)) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        // The digest of the digests of 0 to 129 bytes "a", from another implementation.
        let all = (0..<130).flatMap { SHA256.digest([UInt8](repeating: 0x61, count: $0)) }
        #expect(Hex.text(SHA256.digest(all)) == "39a48225ae6069c68f7c9f867bf47f4a2e188c3903dd919926b8259a73ecada5")
    }

    @Test("a guest's id follows from the name alone, and is in the range of guests")
    func guests() {
        #expect(Identity.guest("anna").id.description == "d5579b557896d0ce")
        #expect(Identity.guest("ada").id == AccountID(raw: 0xfdee_430d_40bd_57de))
        var ids: Set<AccountID> = []
        for number in 0..<2_000 {
            let guest = Identity.guest("p\(number)")
            #expect(guest.id.isGuest && guest.roles == .guest && guest.name == "p\(number)" && guest == .guest("p\(number)"))
            ids.insert(guest.id)
        }
        #expect(ids.count == 2_000)
        #expect(!AccountID(raw: 1).isGuest && !AccountID(raw: 1 << 63 - 1).isGuest && AccountID(raw: 1 << 63).isGuest)
    }

    private static func decoded(_ id: UInt64, _ roles: UInt32, _ name: String) throws(DecodeError) -> Identity {
        var writer = ByteWriter()
        writer.u64(id)
        writer.u32(roles)
        writer.shortText(name)
        var reader = ByteReader(writer.take())
        return try Identity(reading: &reader)
    }

    @Test("survive encoding; one whose parts contradict each other is refused")
    func coding() throws {
        for identity in [Identity.guest("anna"), Identity(id: AccountID(raw: 7), name: "é", roles: Roles(rawValue: 6))] {
            #expect(try Self.decoded(identity.id.raw, identity.roles.rawValue, identity.name) == identity)
        }
        let longest = String(repeating: "x", count: Identity.nameLimit)
        #expect(try Self.decoded(7, 0, longest).name == longest)
        for (id, roles, name) in [(0, 0, "a"), (7, 1, "a"), (1 << 63 | 7, 0, "a"), (7, 0, ""), (7, 0, longest + "x")] as [(UInt64, UInt32, String)] {
            #expect(throws: DecodeError.self) { try Self.decoded(id, roles, name) }
        }
    }
}
