package import OrgeSchema
package import OrgeWorld

/// What a tick made, with the edges filled in that it goes to.
package struct ExecutedTick: Sendable {
    package struct Outcome: Sendable {
        /// The edge that has the session; nil for a world.
        package var edge: UInt64?
        package var source: Source
        package var sequence: UInt64
        /// Of the buffer that all outcomes of the tick share.
        package var bytes: ArraySlice<UInt8>
    }

    package struct Answer: Sendable {
        package var attachment: Attachment
        package var answer: AttachmentAnswer
        /// What goes with the answer to a join that asked for a session.
        package var recollection: Recollection?
    }

    package struct Consumed: Sendable {
        package var edge: UInt64
        package var session: UInt64
        package var number: UInt32
    }

    package var output: TickOutput
    package var utcMilliseconds: UInt64
    /// After the tick.
    package var chain: UInt64 = 0
    package var outcomes: [Outcome] = []
    package var answers: [Answer] = []
    /// Sessions that lost their connection or ended: nothing that waits for them has a place to go to.
    package var closed: [UInt64] = []
    /// Sessions that are without a connection from this tick on.
    package var detached: [UInt64] = []
    /// The latest intent of each session that this tick consumed.
    package var consumed: [Consumed] = []

    package var tick: UInt64 { output.tick }
    package var stateHash: UInt64 { output.stateHash }
}
