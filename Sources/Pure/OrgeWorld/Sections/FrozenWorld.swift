import OrgeImage
package import OrgeSchema

/// A world's state as it was after a tick, for the thread that writes its image while later ticks run.
///
/// Rows, entities, accounts and keys are read from the world's own pages; what is small or in chunks of its own is held by value.
package struct FrozenWorld: @unchecked Sendable {  // SAFETY: the engine is only kept alive; no thread but its own uses it.
    package let tick: UInt64
    /// State hash after the tick.
    package let worldHash: UInt64
    package let presenceHash: UInt64
    package let schema: WorldSchema
    let sections: ContiguousArray<FrozenSection>
    let record: WorldRecord
    let presences: SortedMap<UInt64, Presence>
    let state: FrozenState
    /// Owner of the pages.
    private let engine: WorldEngine

    init(
        tick: UInt64, worldHash: UInt64, presenceHash: UInt64, schema: WorldSchema, sections: [FrozenSection], record: WorldRecord,
        presences: SortedMap<UInt64, Presence>, state: FrozenState, engine: WorldEngine
    ) {
        self.tick = tick
        self.worldHash = worldHash
        self.presenceHash = presenceHash
        self.schema = schema
        self.sections = ContiguousArray(sections)
        self.record = record
        self.presences = presences
        self.state = state
        self.engine = engine
    }
}

struct FrozenSection: Sendable {
    let entry: SectionEntry
    let hash: UInt64
}

/// How far a reading has come.
package enum ImageStep: Equatable, Sendable {
    /// There is more to read.
    case more
    /// The world is using the next page: to be tried again in some microseconds.
    case busy
    /// The image cannot be completed: more pages changed than the pool has room for.
    case lost
    case end
}
