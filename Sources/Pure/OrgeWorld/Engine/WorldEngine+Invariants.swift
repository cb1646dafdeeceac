package import OrgeSchema
internal import OrgeImage

extension WorldEngine {
    /// How many sessions are in the world.
    package var presenceCount: Int { presences.count }

    /// Whether the session is in the world as this account with this avatar.
    package func isPresent(_ session: UInt64, as account: AccountID, _ avatar: Entity) -> Bool {
        presences[session] == Presence(account: account, avatar: avatar)
    }

    /// What in the state contradicts itself: damage where it was restored, a bug where ticks led to it. Nil in a sound state.
    package var contradiction: String? {
        if tick > ImageLimits.counter { return "tick \(tick) is out of range" }
        let entities = core.state.entities
        return entities.livingCount <= entities.limit ? nil : "more entities live than the world has room for"
    }
}
