import OrgeSimulatedDisk
import OrgeHost
import OrgeJournal
import OrgeSchema
import OrgeWorld

/// What a host must find when it comes back.
extension Judge {
    /// The journal holds every durable record, unchanged; more of them may have survived.
    /// - Parameter disk: read whole, where the host has read only what it needed.
    func recovered(_ journal: RecoveredJournal, on disk: SimulatedStorage, tick: UInt64, hash: UInt64, chain: UInt64, sessions: UInt64) {
        if journal.lastTick < durableTick { return fail("tick \(durableTick) was durable, and the journal ends with \(journal.lastTick)") }
        do throws(JournalError) {
            let whole = try Journal.inspect(disk.copy())
            let faults = try whole.faults()
            check(faults, after: whole.log.beginsAfter)
            // What the host did about it is in the journal now.
            waiting = nil
            var tail = whole.records()
            while let record = try tail.next() {
                guard record.kind == .tick else { continue }
                if records[record.tick] != nil { check(record) }
                if record.tick > shadow.tick { run(record.body, faults.filter { $0.tick == record.tick }) }
            }
        } catch {
            return fail("the journal reads no more: \(error)")
        }
        if let damaged = journal.damagedImages.first { verdict.note("an image was damaged: \(damaged)") }
        checkState(tick: tick, hash: hash, chain: chain, sessions: sessions)
    }

    /// What was decided about ticks that were followed by others stays as it was.
    /// - Parameter first: the journal begins after this tick.
    private func check(_ faults: [RecordedFault], after first: UInt64) {
        for (tick, amendments) in amended where tick > first && amendments != faults.filter({ $0.tick == tick }) {
            fail("the amendments of tick \(tick) are other ones")
        }
        for fault in faults where fault.tick <= shadow.tick && amended[fault.tick] == nil { fail("tick \(fault.tick) was amended after it had run") }
    }

    private func check(_ record: JournalRecord) {
        if records[record.tick] != hash64(record.body) { fail("the record of tick \(record.tick) was another one when it became durable") }
    }

    /// The state is that of the run which never stopped.
    func checkState(tick: UInt64, hash: UInt64, chain: UInt64, sessions: UInt64) {
        settle()
        if tick != shadow.tick { return fail("the host is at tick \(tick), and its journal ends with \(shadow.tick)") }
        if hash != shadow.stateHash { fail("the world is not that of a run without a stop at tick \(tick)") }
        if chain != shadow.chains { fail("the history is not that of a run without a stop at tick \(tick)") }
        if sessions != shadow.hostHash { fail("the sessions are not those of a run without a stop at tick \(tick)") }
    }

    /// The incarnation of a host that begins.
    func began(_ incarnation: UInt64) {
        if incarnation <= self.incarnation { fail("incarnation \(incarnation) after \(self.incarnation)") }
        self.incarnation = incarnation
    }

    /// At the end: what the ticks changed adds up to what the world holds, and the money is all there.
    func checkEnd() {
        if let why = history.disagreement(with: shadow.engine) { fail(why) }
        shadow.engine.forEachVisibleRow { entity, component, row in
            guard let balance = ledgerBalance(entity) else { return }
            let cents = Int64(bitPattern: row.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
            if component == 0, cents != balance { fail("\(entity) holds \(cents), in the model \(balance)") }
        }
    }
}

extension HostState {
    /// Both chains in one number: a record that is another one breaks the first, a world that went another way the second.
    var chains: UInt64 { fold64(chain, worldChain) }
}
