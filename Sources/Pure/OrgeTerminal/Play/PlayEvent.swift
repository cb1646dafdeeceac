package import OrgeSchema
package import OrgeSession

/// What happens to a terminal client.
package enum PlayEvent: Sendable {
    case key(Key)
    /// The terminal has this size, from now on or at the start.
    case resized(columns: Int, rows: Int)
    /// The client is in the world, for the first time or again: then its view is empty. A new schema comes with a world that was changed.
    case entered(WorldSchema, avatar: Entity)
    /// The view is complete through its tick.
    case view(ClientView)
    /// What the session says besides.
    case reaction(ClientReaction)
    /// A command or intent could not be sent.
    case unsent(name: String, isCommand: Bool)
}

/// What a terminal client wants done.
package enum PlayDirective: Equatable, Sendable {
    case command(kind: UInt16, payload: [UInt8])
    case intent(kind: UInt16, payload: [UInt8])
    /// Forget what the terminal shows, and draw all of it.
    case redraw
    /// Give the terminal back, and stop until the shell continues the program.
    case suspend
    case leave
}
