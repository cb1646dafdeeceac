/// The identity of a client, as hosts and worlds know it: no credential and no address is part of it.
public struct Identity: Hashable, Sendable {
    /// What the account is known by.
    public let id: AccountID
    /// A label for people, 1...``nameLimit`` bytes. A guest's never changes, because the id follows from it.
    public let name: String
    /// Contains ``Roles/guest`` exactly where the id is a guest's.
    public let roles: Roles

    /// Bytes of UTF-8 of a name, as in the client protocol.
    public static let nameLimit = 32

    /// An account of the identity service.
    /// - Precondition: the id is neither 0 nor a guest's, the name is within its limit, the roles do not contain ``Roles/guest``.
    public init(id: AccountID, name: String, roles: Roles = []) {
        precondition(!id.isGuest, "a guest's id follows from its name")
        self.init(unchecked: id, name, roles)
        if let fault { preconditionFailure(fault) }
    }

    private init(unchecked id: AccountID, _ name: String, _ roles: Roles) {
        self.id = id
        self.name = name
        self.roles = roles
    }

    /// The guest of this name: the id is the first 8 bytes, big-endian, of the SHA-256 of the name's UTF-8, with the top bit set. So every edge
    /// gives a name the same id, and finding another name for a given id takes about 2⁶³ trials.
    /// - Precondition: the name is within its limit.
    public static func guest(_ name: String) -> Identity {
        let head = SHA256.digest(name.utf8).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        let identity = Identity(unchecked: AccountID(raw: head | AccountID.guestBit), name, .guest)
        if let fault = identity.fault { preconditionFailure(fault) }
        return identity
    }

    /// What contradicts; nil when nothing does.
    private var fault: String? {
        if id.raw == 0 { return "0 is the id of no account" }
        if id.isGuest != roles.contains(.guest) { return "an id and roles that disagree about being a guest" }
        return (1...Self.nameLimit).contains(name.utf8.count) ? nil : "a name of \(name.utf8.count) bytes"
    }
}

/// `account u64 · roles u32 · name text`.
extension Identity {
    public func encode(to writer: inout ByteWriter) {
        writer.u64(id.raw)
        writer.u32(roles.rawValue)
        writer.shortText(name)
    }

    public init(reading reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        let id = AccountID(raw: try reader.u64())
        let roles = Roles(rawValue: try reader.u32())
        self.init(unchecked: id, try reader.shortText(limit: Self.nameLimit), roles)
        if let fault { throw DecodeError(.inconsistent(fault), at: start) }
    }
}
