internal import OrgeImage
package import OrgeControl
package import OrgeJournal
package import OrgeSchema
package import OrgeWorld

/// Settling: the code that recorded the journal's tail runs it and writes an image of where it ends, so that other code can go on from there.
extension RecoveredHost {
    /// Runs the first stretch of an opened journal's tail and writes an image of its end. Where the tail is empty, one is written only if the image is of an
    /// earlier schema: then this code's migration of it is what the next code starts from.
    /// - Parameters:
    ///   - journal: opened to be settled by this code.
    ///   - blame: what ended the process that settled before, if code of the world did.
    ///   - flight: the recorder that the world's engine writes; nil for one of its own.
    ///   - onStep: it gets on; a step of the image counts as one of the tail.
    /// - Returns: the tick that is settled; nil when there was nothing to be done.
    package static func settle<W: World>(
        _ world: W.Type, _ journal: RecoveredJournal, codeID: String, blame: Blame? = nil, flight: FlightSlot? = nil, onStep: (StartStep) -> Void = { _ in }
    ) throws(StartFailure) -> UInt64? {
        let stretch = journal.log.stretches.first
        if stretch == nil, journal.image == nil { return nil }
        var host = try recover(world, from: journal, through: stretch?.lastTick, blame: blame, flight: flight, onStep: onStep)
        if stretch == nil, host.migrated == nil { return nil }
        // The last group of the log may not be durable, and an image counts only where the log is. Records that other code follows are.
        var incarnation = journal.log.spans.last { $0.lastTick <= host.state.tick }?.incarnation ?? 0
        // Where code of another schema has begun after this tick, it has made the log durable, and stays the last to have begun.
        if host.state.tick == journal.lastTick, !journal.isOfOtherSchema { incarnation = try host.openJournal(codeID) }
        try host.writeImage(incarnation: incarnation, codeID: codeID, onStep: onStep)
        return host.state.tick
    }

    /// Writes an image of the state at once, in the place of one of the same tick.
    /// - Precondition: the log is durable through the state's tick.
    func writeImage(incarnation: UInt64, codeID: String, onStep: (StartStep) -> Void = { _ in }) throws(StartFailure) {
        do throws(JournalError) {
            let file = try journal.imageFile(tick: state.tick)
            let header = journal.imageHeader(tick: state.tick, incarnation: incarnation, codeID: codeID)
            var reading = try HostImageReading(state.beginImage(poolBytes: nil), header, to: file)
            while try reading.step() != .end { onStep(.ran) }
            state.endImage()
            try reading.finish().publish()
        } catch {
            throw .journal(error)
        }
    }

    /// Makes the whole log durable, as a start does.
    /// - Returns: the incarnation that this is.
    private mutating func openJournal(_ codeID: String) throws(StartFailure) -> UInt64 {
        let writer = try takeWriter(codeID)
        state.opened(UInt32(clamping: writer.incarnation), imageTick: journal.image?.tick ?? 0)
        return writer.incarnation
    }
}
