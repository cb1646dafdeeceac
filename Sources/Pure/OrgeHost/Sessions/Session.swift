internal import OrgeLink
package import OrgeSchema

/// An account's presence in the world.
package struct Session: Equatable, Sendable {
    // What each tick touches lies together, at the front.
    package let number: UInt64
    package var avatar: Entity
    /// The connection that has it, or had it last.
    package private(set) var attachment: Attachment
    /// The tick in which that connection joined.
    package private(set) var attachedAt: UInt64
    /// The tick in which the connection was lost; nil while there is one.
    package private(set) var detachedSince: UInt64?
    /// The last intent that the world consumed; nil before the first.
    package private(set) var lastIntent: LastIntent?
    /// Of its commands.
    package var window = OutcomeWindow()
    /// Every reliable event of ticks through this one had come to the client when it resumed the session last.
    package private(set) var eventsThrough: UInt64 = 0
    /// What resumes it.
    package let ticket: TicketHash
    /// As it joined.
    package let identity: Identity

    package init(
        number: UInt64, _ identity: Identity, avatar: Entity, attachment: Attachment, attachedAt: UInt64 = 0, eventsThrough: UInt64 = 0,
        ticket: TicketHash = .none
    ) {
        self.number = number
        self.identity = identity
        self.avatar = avatar
        self.attachment = attachment
        self.attachedAt = attachedAt
        self.eventsThrough = eventsThrough
        self.ticket = ticket
    }

    package var account: AccountID { identity.id }
    package var isAttached: Bool { detachedSince == nil }

    /// A client's numbers only rise while it is joined: of several kinds in one tick the highest says it all.
    mutating func consume(_ number: UInt32, in tick: UInt64) {
        if let lastIntent, lastIntent.tick == tick, lastIntent.number > number { return }
        lastIntent = LastIntent(tick: tick, number: number)
    }

    /// Its outcomes are kept: the client may resume it.
    mutating func detach(at tick: UInt64) { detachedSince = tick }

    /// Another connection goes on with it.
    mutating func resume(_ request: ResumeRequest, _ attachment: Attachment, at tick: UInt64) {
        self.attachment = attachment
        attachedAt = tick
        eventsThrough = request.eventsThrough
        detachedSince = nil
        window.acknowledge(request.acknowledged)
    }
}

/// An intent that the world consumed, of one session.
package struct LastIntent: Equatable, Sendable {
    /// In which it was consumed.
    package let tick: UInt64
    /// The client's.
    package let number: UInt32
}
