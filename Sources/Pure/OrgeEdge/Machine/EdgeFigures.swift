import OrgeReplication
package import OrgeWire

/// An edge's own figures, for `orge status`.
package struct EdgeFigures: Equatable, Sendable {
    package struct WorldStatus: Equatable, Sendable {
        package var name: String
        package var state: WorldEntry.State
        package var tick: UInt64
        package var incarnation: UInt32
        package var entities: Int
        /// Clients that see this world, monitors included.
        package var clients: Int
    }

    /// Logged in.
    package var clients: Int
    /// Of the whole server.
    package var limit: Int
    /// Clients that this edge may admit now, logged-in ones included.
    package var slots: Int
    package var connections: Int
    package var worlds: [WorldStatus]
    package var counters: EdgeCounters
}

extension EdgeMachine {
    package var status: EdgeFigures {
        EdgeFigures(
            clients: slots.used, limit: configuration.clientLimit, slots: slots.granted, connections: connections.count,
            worlds: worlds.map { world in
                EdgeFigures.WorldStatus(
                    name: world.name, state: world.state, tick: world.replica.tick, incarnation: world.incarnation,
                    entities: world.replica.entityCount, clients: world.members.count)
            }, counters: counters)
    }
}
