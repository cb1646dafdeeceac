internal import OrgeLink
package import OrgeSchema

/// An account's presence in the world.
package struct Session: Equatable, Sendable {
    // What each tick touches lies together, at the front.
    package let number: UInt64
    package var avatar: Entity
    /// The connection that has it, or had it last.
    package let attachment: Attachment
    /// The tick in which the connection was lost; nil while there is one.
    package private(set) var detachedSince: UInt64?
    /// The last intent that the world consumed; nil before the first, and without a connection.
    package private(set) var lastIntent: LastIntent?
    /// Of its commands.
    package var window = OutcomeWindow()
    /// As it joined last.
    package let identity: Identity

    package init(number: UInt64, _ identity: Identity, avatar: Entity, attachment: Attachment) {
        self.number = number
        self.identity = identity
        self.avatar = avatar
        self.attachment = attachment
    }

    package var account: AccountID { identity.id }
    package var isAttached: Bool { detachedSince == nil }

    /// A client's numbers only rise while it is joined: of several kinds in one tick the highest says it all.
    mutating func consume(_ number: UInt32, in tick: UInt64) {
        if let lastIntent, lastIntent.tick == tick, lastIntent.number > number { return }
        lastIntent = LastIntent(tick: tick, number: number)
    }

    mutating func detach(at tick: UInt64) {
        detachedSince = tick
        lastIntent = nil
        window.forget()
    }
}

/// An intent that the world consumed, of one session.
package struct LastIntent: Equatable, Sendable {
    /// In which it was consumed.
    package let tick: UInt64
    /// The client's.
    package let number: UInt32
}
