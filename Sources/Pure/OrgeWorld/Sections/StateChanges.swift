package import OrgeImage
package import OrgeBase

/// What a tick changed beside rows, in the order in which it happened: with the rows of its ``ChangeSet``, server-only ones included, a copy of the
/// state before the tick becomes the state after it. Each section of the engine (``StateSection``) has its part here or in the rows.
package struct StateChanges: Equatable, Sendable {
    package enum EntityChange: Equatable, Sendable {
        /// The allocator gave the next entity: which one follows from its state.
        case spawned
        /// The entity in this slot is gone, with its rows.
        case despawned(slot: UInt32)
    }

    package enum AccountChange: Equatable, Sendable {
        case arrived(AccountRecord)
        case forgotten(AccountID)
    }

    package struct PresenceChange: Equatable, Sendable {
        package var session: UInt64
        /// nil when the session has left.
        package var presence: Presence?
    }

    package enum KeyChange: Equatable, Sendable {
        case remembered(KeyRecord)
        case forgottenOldest
    }

    /// The tick that ran.
    package var tick: UInt64 = 0
    package var entities: ContiguousArray<EntityChange> = []
    package var accounts: ContiguousArray<AccountChange> = []
    package var keys: ContiguousArray<KeyChange> = []
    package var presences: ContiguousArray<PresenceChange> = []

    package init() {}
}
