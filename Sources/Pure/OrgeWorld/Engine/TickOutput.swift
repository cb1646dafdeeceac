package import OrgeSchema

/// The output of a tick: held until its record is durable, then released.
package struct TickOutput: Sendable {
    package var tick: UInt64
    package var stateHash: UInt64
    package var outcomes: [ExecutedCommand] = []
    /// The buffer of ``ExecutedCommand/bytes``: one allocation for all outcomes of a tick.
    package var outcomeBytes: [UInt8] = []
    package var arrivals: [Arrival] = []
    package var events: [EmittedEvent] = []
    package var eventBytes: [UInt8] = []
    package var changes = ChangeSet()
    /// Intents that broke a rule or named no avatar, and were dropped.
    package var droppedIntents = 0

    /// The encoded ``Outcome`` of a command.
    package func bytes(of command: ExecutedCommand) -> ArraySlice<UInt8> { outcomeBytes[command.bytes] }
}

/// A command that was executed or refused.
package struct ExecutedCommand: Equatable, Sendable {
    package var source: Source
    package var sequence: UInt64
    /// The range of its encoded ``Outcome`` in ``TickOutput/outcomeBytes``.
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
    /// The range of its canonical row in ``TickOutput/eventBytes``.
    package var bytes: Range<Int>
}

/// The changes of a tick, by component and slot; the order of rows has no meaning. Without a follower, those that may leave the host.
package struct ChangeSet: Sendable {
    /// Sixteen bytes: a tick that moves a million rows writes a million of these.
    package struct Row: Equatable, Sendable {
        package var entity: Entity
        private let start: UInt32
        package var component: UInt16
        /// `noLength` where the row was removed.
        private let length: UInt16

        /// Greater than any row's length, which is at most `RowPlan.sizeLimit`.
        private static let noLength = UInt16.max

        /// The range of its canonical row in ``ChangeSet/bytes``; nil where the row was removed from a living entity.
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
    /// Entities that were despawned, with all their rows.
    package var despawned: ContiguousArray<Entity> = []
    /// Everything beside rows; nil without a follower (``WorldEngine/isFollowed``).
    package var state: StateChanges?
    /// Components that are server-only and among the rows, one bit each.
    var hidden: UInt64 = 0

    /// The rows that edges may have. Everything for edges goes through here.
    package var visibleRows: LazyFilterSequence<ContiguousArray<Row>> {
        let hidden = hidden
        return rows.lazy.filter { hidden >> UInt64($0.component) & 1 == 0 }
    }
}
