package import OrgeBase
internal import OrgeImage
internal import OrgeSchema

/// The change feed: what a tick changed, for edges and for followers.
extension WorldEngine {
    /// Whether ticks yield all that changed: server-only rows and ``ChangeSet/state`` too. Off without a follower, because it costs encoding.
    package var isFollowed: Bool {
        get { core.state.isFollowed }
        set { core.state.isFollowed = newValue }
    }

    /// Brings a copy of the state before a tick to the state after it.
    /// - Throws: when the changes are not those of a followed tick on this state. The engine is then of no use any more.
    package func apply(_ changes: ChangeSet) throws(DecodeError) {
        guard let state = changes.state, state.tick > tick else { throw DecodeError(.inconsistent("not the whole changes of a later tick"), at: 0) }
        for change in state.entities { try apply(change) }
        for row in changes.rows { try core.state.apply(row, changes.bytes) }
        for change in state.accounts {
            switch change {
            case .forgotten(let account): core.state.forgetAccount(account)
            case .arrived(let record):
                guard core.state.accounts.hasRoom(for: record.account) else {
                    throw DecodeError(.inconsistent("more accounts than the world has room for"), at: 0)
                }
                core.state.setAccount(record)
            }
        }
        for change in state.keys {
            switch change {
            case .remembered(let record): try restore(record, at: 0)
            case .forgottenOldest:
                guard core.state.keys.count > 0 else { throw DecodeError(.inconsistent("a key is forgotten, and none is known"), at: 0) }
                core.state.forgetOldestKey()
            }
        }
        for change in state.presences { setPresence(change.session, change.presence) }
        core.state.tick = state.tick
        core.state.settleChanges()
    }

    private func apply(_ change: StateChanges.EntityChange) throws(DecodeError) {
        switch change {
        case .spawned:
            guard core.state.spawn() != nil else { throw DecodeError(.inconsistent("an entity in a full world"), at: 0) }
        case .despawned(let slot):
            guard let entity = core.state.entities.entityIfAlive(at: Int(slot)) else {
                throw DecodeError(.inconsistent("slot \(slot) is despawned and holds no entity"), at: 0)
            }
            core.state.despawn(entity)
        }
    }
}
