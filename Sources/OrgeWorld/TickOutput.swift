package import OrgeSchema

/// What a tick made: held until its record is durable, then released.
package struct TickOutput: Sendable {
    package var tick: UInt64
    package var stateHash: UInt64
    package var outcomes: [CommandOutcome] = []
    package var arrivals: [Arrival] = []
    package var events: [EventRecord] = []
    package var eventBytes: [UInt8] = []
    package var changes = ChangeSet()
    /// Intents that broke a rule or named no avatar, and were dropped.
    package var droppedIntents = 0
}

package struct CommandOutcome: Equatable, Sendable {
    package var session: UInt64
    package var sequence: UInt64
    /// As ``Outcome/encode(to:)`` writes it.
    package var bytes: [UInt8]
}

package struct Arrival: Equatable, Sendable {
    package var session: UInt64
    package var result: Result<Entity, Refusal>
}

package struct EventRecord: Equatable, Sendable {
    package var kind: UInt16
    package var isReliable: Bool
    package var audience: EventAudience
    /// Where its canonical row lies in the tick's event bytes.
    package var bytes: Range<Int>
}

/// An audience with the place filled in, so that the edge needs nothing of the world to find it.
package enum EventAudience: Equatable, Sendable {
    case session(Entity)
    case disc(x: Double, y: Double, radius: Double)
    case all
}

/// The rows that a tick changed and that may leave the host, by component and slot; the order within a tick carries no meaning.
package struct ChangeSet: Sendable {
    package struct Row: Equatable, Sendable {
        package var entity: Entity
        package var component: UInt16
        /// Where its canonical row lies in ``ChangeSet/bytes``; nil where the row is gone from a living entity.
        package var bytes: Range<Int>?
    }

    package var rows: ContiguousArray<Row> = []
    package var bytes: [UInt8] = []
    /// Entities that are no more; all their rows went with them.
    package var despawned: ContiguousArray<Entity> = []
}
