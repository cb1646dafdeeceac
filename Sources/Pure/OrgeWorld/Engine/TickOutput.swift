package import OrgeSchema

/// What a tick made: held until its record is durable, then released.
package struct TickOutput: Sendable {
    package var tick: UInt64
    package var stateHash: UInt64
    package var outcomes: [ExecutedCommand] = []
    /// What ``ExecutedCommand/bytes`` are ranges of: one allocation for a tick's outcomes, not one each.
    package var outcomeBytes: [UInt8] = []
    package var arrivals: [Arrival] = []
    package var events: [EmittedEvent] = []
    package var eventBytes: [UInt8] = []
    package var changes = ChangeSet()
    /// Intents that broke a rule or named no avatar, and were dropped.
    package var droppedIntents = 0

    /// What became of a command, as ``Outcome/encode(to:)`` writes it.
    package func bytes(of command: ExecutedCommand) -> ArraySlice<UInt8> { outcomeBytes[command.bytes] }
}

/// A command that has run, or was refused.
package struct ExecutedCommand: Equatable, Sendable {
    package var session: UInt64
    package var sequence: UInt64
    /// Where its outcome lies in ``TickOutput/outcomeBytes``, as ``Outcome/encode(to:)`` writes it.
    package var bytes: Range<Int>
}

package struct Arrival: Equatable, Sendable {
    package var session: UInt64
    package var result: Result<Entity, Refusal>
}

package struct EmittedEvent: Equatable, Sendable {
    package var kind: UInt16
    package var isReliable: Bool
    package var audience: EventAudience
    /// Where its canonical row lies in the tick's event bytes.
    package var bytes: Range<Int>
}

/// The rows that a tick changed and that may leave the host, by component and slot; the order within a tick carries no meaning.
package struct ChangeSet: Sendable {
    /// Sixteen bytes: a tick that moves a million rows writes a million of these.
    package struct Row: Equatable, Sendable {
        package var entity: Entity
        private let start: UInt32
        package var component: UInt16
        /// `noLength` where the row is gone.
        private let length: UInt16

        /// Over every row's length, which is at most `RowPlan.sizeLimit`.
        private static let noLength = UInt16.max

        /// Where its canonical row lies in ``ChangeSet/bytes``; nil where the row is gone from a living entity.
        package var bytes: Range<Int>? { length == Self.noLength ? nil : Int(start)..<Int(start) + Int(length) }

        /// - Precondition: the bytes end before 4 GiB, and a row is shorter than 64 KiB.
        package init(entity: Entity, component: UInt16, bytes: Range<Int>?) {
            self.init(entity: entity, component: component, start: bytes?.lowerBound ?? 0, length: bytes?.count ?? Int(Self.noLength))
        }

        @inline(__always)
        init(entity: Entity, component: UInt16, start: Int, length: Int) {
            self.entity = entity
            self.component = component
            self.start = UInt32(start)
            self.length = UInt16(length)
        }
    }

    package var rows: ContiguousArray<Row> = []
    package var bytes: [UInt8] = []
    /// Entities that are no more; all their rows went with them.
    package var despawned: ContiguousArray<Entity> = []
}
