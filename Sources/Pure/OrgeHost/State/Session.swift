internal import OrgeLink
package import OrgeSchema

/// An account's presence in the world.
package struct Session: Equatable, Sendable {
    package let number: UInt64
    /// As it joined last.
    package let identity: Identity
    package var avatar: Entity
    /// The connection that has it, or had it last.
    package let attachment: Attachment
    /// The tick in which the connection was lost; nil while there is one.
    package private(set) var detachedSince: UInt64?
    /// The last intent that the world consumed; nil before the first, and without a connection.
    package private(set) var lastIntent: LastIntent?
    /// Of its commands.
    package var window = OutcomeWindow()
    /// Of all that a record of the section `sessions` holds, and of the kept outcomes, as it was when ``rehash()`` was last called.
    private(set) var hash: UInt64 = 0
    /// Of what never changes.
    private let identityHash: UInt64

    package init(number: UInt64, _ identity: Identity, avatar: Entity, attachment: Attachment) {
        self.number = number
        self.identity = identity
        self.avatar = avatar
        self.attachment = attachment
        identityHash = [identity.id.raw, UInt64(identity.roles.rawValue), attachment.edge, attachment.number]
            .reduce(hash64(identity.name.utf8, seed: number), fold64)
        rehash()
    }

    package var account: AccountID { identity.id }
    package var isAttached: Bool { detachedSince == nil }

    /// A client's numbers only rise while it is joined: of several kinds in one tick the highest says it all.
    mutating func consume(_ number: UInt32, in tick: UInt64) {
        if let lastIntent, lastIntent.tick == tick, lastIntent.number > number { return }
        lastIntent = LastIntent(number: number, tick: tick)
    }

    /// Brings the hash up to date. ``SessionTable`` calls it after each change.
    mutating func rehash() { hash = hash(window: window.hash) }

    var hashFromScratch: UInt64 { hash(window: window.hashFromScratch) }

    private func hash(window: UInt64) -> UInt64 {
        var hash = fold64(fold64(identityHash, avatar.raw), window)
        if let detachedSince { hash = fold64(fold64(hash, 1), detachedSince) }
        if let lastIntent { hash = fold64(fold64(fold64(hash, 2), UInt64(lastIntent.number)), lastIntent.tick) }
        return mix64(hash)
    }

    mutating func detach(at tick: UInt64) {
        detachedSince = tick
        lastIntent = nil
        window.forget()
    }
}

/// An intent that the world consumed, of one session.
package struct LastIntent: Equatable, Sendable {
    /// The client's.
    package let number: UInt32
    /// In which it was consumed.
    package let tick: UInt64
}
