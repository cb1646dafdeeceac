/// Connections by slot; a slot that is free again is used under another generation.
struct ConnectionTable {
    private var connections = ContiguousArray<Connection?>()
    private var generations = ContiguousArray<UInt32>()
    private var free = ContiguousArray<UInt32>()
    private(set) var count = 0

    /// - Returns: nil when all slots are taken.
    func nextID() -> ConnectionID? {
        if let slot = free.last { return ConnectionID(slot: slot, generation: generations[Int(slot)] + 1) }
        guard connections.count < EdgeLimits.connections else { return nil }
        return ConnectionID(slot: UInt32(connections.count), generation: 1)
    }

    /// - Precondition: the connection's id came from ``nextID()`` just before.
    mutating func insert(_ connection: Connection) {
        let slot = Int(connection.id.slot)
        if slot == connections.count {
            connections.append(nil)
            generations.append(0)
        } else {
            free.removeLast()
        }
        generations[slot] = connection.id.generation
        connections[slot] = connection
        count += 1
    }

    mutating func remove(_ id: ConnectionID) {
        guard self[id] != nil else { return }
        connections[Int(id.slot)] = nil
        free.append(id.slot)
        count -= 1
    }

    subscript(id: ConnectionID) -> Connection? {
        guard Int(id.slot) < connections.count, let connection = connections[Int(id.slot)], connection.id == id else { return nil }
        return connection
    }

    func isUnauthenticated(_ id: ConnectionID) -> Bool { self[id].map { !$0.isAdmitted && !$0.isClosing } ?? false }

    /// The connection in the slot.
    subscript(slot slot: UInt32) -> Connection? { Int(slot) < connections.count ? connections[Int(slot)] : nil }

    /// By slot; those that go meanwhile are left out.
    func forEach(_ visit: (Connection) -> Void) {
        for connection in connections { if let connection { visit(connection) } }
    }
}
