package import OrgeWire

/// What the owner of a ``ServerSession`` has to do about an event.
package enum ServerReaction: Equatable, Sendable {
    case nothing
    indirect case send(ServerFrame)
    /// In this order.
    indirect case sendBoth(ServerFrame, ServerFrame)
    /// A `pong`; its tick is 0 unless the session is joined.
    case pong(clientTime: UInt64)
    /// Decide whether the account is let in, then call `admitted` or `close(.full)`.
    indirect case admit(ClientFrame.Login)
    /// Answer with `described` or `joinRefused`.
    case describe(world: String)
    /// Answer with `joined` or `joinRefused`.
    indirect case join(name: String, ClientFrame.Join)
    /// Checked against the schema, in sequence and within credit.
    case submit(ClientFrame.Command)
    /// A command that cannot be read: its sequence alone goes on, and is refused.
    case submitMalformed(ClientFrame.Command)
    /// Checked against the schema.
    case intent(ClientFrame.Intent)
    /// The client has the outcomes through this sequence.
    case received(through: UInt64)
    /// Call `auditAnswered` when its answer has been sent.
    case audit(request: UInt32)
    /// Kill the process of the joined world.
    case kill
    /// The session of an abandoned join has arrived: tell the host that it departs.
    case depart
    /// Send the frame, read no more, close the connection once the frame has left, and tell the host the effect.
    indirect case close(Close, DisconnectEffect)
}

/// What a connection's end means to the world.
package enum DisconnectEffect: Equatable, Sendable {
    /// No world is concerned.
    case nothing
    /// A join is on its way: when it arrives, the session departs.
    case abandonJoin
    /// The session goes on without a connection, for its linger.
    case detach
    /// The client left on purpose.
    case depart
}

/// What to do with an outcome that the host released.
package enum OutcomeReaction: Equatable, Sendable {
    /// No command here waits for it.
    case ignore
    /// Send the outcome frame, then the credit where there is one.
    case send(Credit?)
    /// Send the outcome frame, then close as with ``ServerReaction/close(_:_:)``.
    indirect case sendAndClose(Close, DisconnectEffect)
    /// The host skipped an outcome: close without sending it.
    indirect case close(Close, DisconnectEffect)
}
