import OrgeSchema

/// A registered component.
struct ComponentEntry {
    var plan: RowPlan
    var visibility: Visibility
    var stride: Int
}

/// A registered event.
struct EventEntry {
    var plan: RowPlan
    var isReliable: Bool
}

/// What a world's state is built from: the registry without commands and systems, which run on the state.
struct StateLayout {
    let schema: WorldSchema
    let components: [ComponentEntry]
    let componentTypes: TypeTable
    let events: [EventEntry]
    let eventTypes: TypeTable
    let keyMemory: KeyMemory?
    /// Bytes of the longest result of a command; 0 in a world that remembers no keys.
    let resultBytes: Int
}
