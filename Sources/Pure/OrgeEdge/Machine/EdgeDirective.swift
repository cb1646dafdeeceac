package import OrgeSession

/// Names one connection of an edge for as long as it lives; the slot is used again under another generation.
package struct ConnectionID: Hashable, Sendable, CustomStringConvertible {
    package let slot: UInt32
    package let generation: UInt32

    package var description: String { "\(slot).\(generation)" }
}

/// How an edge is set up; fixed for its life.
package struct EdgeConfiguration: Sendable {
    /// Never used by two edge processes; the supervisor gives it (`EdgeRoster`).
    package var edgeID: UInt64
    /// Clients that may be logged in at once, through all edges of the server.
    package var clientLimit: Int
    /// There are other edges: this one asks its supervisor for slots, and admits no more clients than it has been granted.
    package var asksForSlots = false
    /// Connections of any kind at once, those included that are being closed; what descriptors allow.
    package var connectionLimit = EdgeLimits.connections
    /// Of these, connections that have not logged in.
    package var unauthenticatedLimit = EdgeLimits.unauthenticatedConnections
    /// Names of the worlds that it stands in front of, in the order in which clients see them.
    package var worlds: [String]
    package var session: ServerSession.Configuration
    /// Random bytes of the system, which no other edge process has: tickets are drawn from them and must not be guessed.
    package var ticketSecret: [UInt8]
    /// Lets the tests see split updates.
    package var frameLimit: Int?

    package init(edgeID: UInt64, clientLimit: Int, worlds: [String], session: ServerSession.Configuration, ticketSecret: [UInt8], frameLimit: Int? = nil) {
        self.ticketSecret = ticketSecret
        self.edgeID = edgeID
        self.clientLimit = clientLimit
        self.worlds = worlds
        self.session = session
        self.frameLimit = frameLimit
    }
}

/// What the shell has to do, in this order.
package enum EdgeDirective: Equatable, Sendable {
    /// Frames, each after its u32 size; a WebSocket sends each as one binary message without the size. Report with `written`.
    case write(ConnectionID, [UInt8])
    /// No more reading; close once everything has been written, after a second at the latest. Report with `connectionClosed`.
    case close(ConnectionID)
    case linkSend(world: Int, [UInt8])
    /// The host broke the link's rules: close it, log why, connect again. Do not report it with `linkDown`.
    case linkDrop(world: Int, why: String)
    /// Call `timePassed` at this time; replaces the time armed before.
    case armTimer(at: UInt64)
    /// Ask the supervisor for so many slots; call `slotsGranted` with its answer.
    case askForSlots(count: Int)
    /// The answer to `slotsRecalled`: so many have been given up.
    case returnSlots(count: Int)
    /// Development mode: have the world's process killed.
    case killWorld(name: String)
    /// After `stop`: no connection is left.
    case stopped
}
