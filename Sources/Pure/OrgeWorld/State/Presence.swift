package import OrgeSchema

/// A session that is in the world.
package struct Presence: Equatable, Sendable {
    package var account: AccountID
    package var avatar: Entity
}
