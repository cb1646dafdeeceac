package import OrgeImage
package import OrgeJournal
package import OrgeWorld

/// Ticks that ran again, and the state after the last of them.
package struct RerunHistory: ~Copyable {
    package var state: HostState
    /// Amendments that were carried out.
    package var amendmentCount = 0
}

extension RecoveredHost {
    /// Runs the ticks of a journal again from the state after one of them.
    /// - Parameters:
    ///   - journal: inspected after the tick of `image`, or after 0.
    ///   - image: of the tick before the first; nil: the genesis.
    ///   - migratedHash: the state hash that the journal names after the migration, where the image is of an earlier schema.
    ///   - last: the last tick to be run; that of the image where only the migration is.
    ///   - onTick: sees every tick that ran, and the state after it.
    /// - Throws: where a hash differs, and what `onTick` throws. Also when the log ends before `last`.
    package static func rerun<W: World>(
        _ world: W.Type, _ journal: RecoveredJournal, from image: (any ChunkSource)?, migratedHash: UInt64? = nil, through last: UInt64,
        onTick: (TickRecord, ExecutedTick, borrowing HostState) throws(StartFailure) -> Void
    ) throws(StartFailure) -> RerunHistory {
        let restored = try start(world, journal, image)
        if let migrated = restored.migrated, migrated.after != migratedHash {
            throw .replay(.migratesOtherwise(tick: restored.state.tick, found: migrated.after))
        }
        var history = RerunHistory(state: restored.takeState())
        var faults = try journalFaults(journal)
        faults.removeAll { $0.tick <= history.state.tick }
        var tail = journal.tail()
        while history.state.tick < last, let record = try nextTick(&tail, &history.state, after: nil) {
            let tick = try run(record, &history.state, &faults)
            history.amendmentCount += tick.amendmentCount
            try onTick(tick.record, tick.executed, history.state)
        }
        try checkUsed(faults.filter { $0.tick <= last })
        guard history.state.tick == last else {
            throw .journal(JournalError(.corrupt, "the log has no record of tick \(last); its last before is of tick \(history.state.tick)"))
        }
        return history
    }

    private static func start<W: World>(_ world: W.Type, _ journal: RecoveredJournal, _ image: (any ChunkSource)?) throws(StartFailure) -> RestoredHost {
        guard let image else { return RestoredHost(migrated: nil, state: genesis(world, journal)) }
        do throws(ImageError) { return try HostState.migrate(world, from: image) } catch { throw .image(tick: journal.startTick, error) }
    }
}
