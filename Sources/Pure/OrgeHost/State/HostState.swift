import OrgeJournal
import OrgeLink
package import OrgeSchema
package import OrgeWorld

/// The start of a host on its journal: what it recovered is where a timeline forks when records were lost.
package struct HostOpening: Equatable, Sendable {
    package var incarnation: UInt32
    /// The last tick that was recovered.
    package var tick: UInt64
}

extension HostOpening {
    /// `u32` incarnation · `u64` tick.
    func encode(to writer: inout ByteWriter) {
        writer.u32(incarnation)
        writer.u64(tick)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        self.init(incarnation: try reader.u32(), tick: try reader.u64())
    }
}

/// Everything of a host that follows from its log: the world, the sessions, the chain. Live ticks, recovery and replay go through here alike.
package struct HostState: ~Copyable {
    package let engine: WorldEngine
    package internal(set) var table: SessionTable
    /// The record chain after the last tick: of every byte of the log.
    package internal(set) var chain: UInt64
    /// The world's chain after the last tick: of the history as world code sees it.
    package internal(set) var worldChain: UInt64
    /// Of the last tick.
    package internal(set) var utcMilliseconds: UInt64
    /// In order of ticks.
    package internal(set) var events: EventHistory
    /// The last starts of hosts, oldest first. Not part of any hash: the same records lead to the same state however often hosts were started.
    package internal(set) var openings: [HostOpening] = []
    /// What the world's faults have led to.
    package internal(set) var faults: FaultLedger

    package var tick: UInt64 { engine.tick }
    package var stateHash: UInt64 { engine.stateHash }

    /// The state before tick 1.
    package init(new engine: WorldEngine) {
        let chain = mix64(engine.seed ^ engine.stateHash)
        self.init(engine: engine, table: SessionTable(), chain: chain, worldChain: chain, utcMilliseconds: 0, events: EventHistory())
    }

    init(
        engine: WorldEngine, table: SessionTable, chain: UInt64, worldChain: UInt64, utcMilliseconds: UInt64, events: EventHistory,
        openings: [HostOpening] = [], faults: FaultLedger = FaultLedger()
    ) {
        self.faults = faults
        engine.restraints = faults.restraints
        self.openings = openings
        self.engine = engine
        self.table = table
        self.chain = chain
        self.worldChain = worldChain
        self.utcMilliseconds = utcMilliseconds
        self.events = events
    }

    /// The record of the next tick; ticks before it may be left out.
    package func seal(tick: UInt64, utcMilliseconds utc: UInt64, lateMicroseconds: UInt32, inputs: [HostInput]) -> TickRecord {
        TickRecord(
            tick: tick, utcMilliseconds: max(utc, utcMilliseconds), lateMicroseconds: lateMicroseconds, chainBefore: chain, hashBefore: stateHash,
            inputs: inputs)
    }

    /// Runs a tick.
    /// - Parameter body: the record as the journal holds it.
    /// - Precondition: the record was sealed on this state.
    package mutating func run(_ record: TickRecord, body: [UInt8]) -> ExecutedTick {
        precondition(record.chainBefore == chain && record.hashBefore == stateHash, "tick \(record.tick) was sealed on another state")
        var work = begin(record, [])
        return execute(&work, record, body, [])
    }

    /// Runs a tick that was amended.
    /// - Throws: when an amendment leaves out what the tick does not have. The state must then be discarded.
    mutating func run(_ record: TickRecord, body: [UInt8], amendments: [RecordedFault]) throws(ReplayFailure) -> ExecutedTick {
        var work = begin(record, amendments.map(\.amendment))
        if let unused = work.unused { throw .amendsNothing(tick: record.tick, what: unused.what) }
        return execute(&work, record, body, amendments)
    }

    private mutating func execute(_ work: inout TickWork, _ record: TickRecord, _ body: [UInt8], _ amendments: [RecordedFault]) -> ExecutedTick {
        let output = engine.execute(tick: record.tick, utcMilliseconds: record.utcMilliseconds, inputs: work.inputs)
        return finish(&work, record, body, amendments, output)
    }

    /// Follows a tick that another host ran on the same state: the sessions follow from the record, the world's state from the changes.
    /// - Parameters:
    ///   - body: the record as the journal holds it.
    ///   - output: what the other host's engine made, with ``WorldEngine/isFollowed``.
    /// - Throws: when record or changes do not continue this state, which must then be discarded.
    package mutating func follow(_ record: TickRecord, body: [UInt8], _ output: TickOutput) throws(DecodeError) -> ExecutedTick {
        guard record.chainBefore == chain, record.hashBefore == stateHash, output.tick == record.tick else {
            throw DecodeError(.inconsistent("tick \(record.tick) was sealed on another state"), at: 0)
        }
        var work = begin(record, [])
        try engine.apply(output.changes)
        guard engine.stateHash == output.stateHash else {
            throw DecodeError(.inconsistent("the changes of tick \(record.tick) do not lead to its state hash"), at: 0)
        }
        return finish(&work, record, body, [], output)
    }

    /// Lets amendments and a tick's inputs change the sessions. What an amendment decides holds from the beginning of its tick.
    private mutating func begin(_ record: TickRecord, _ amendments: [FaultAmendment]) -> TickWork {
        faults.expire(at: record.utcMilliseconds)
        for amendment in amendments { faults.apply(amendment, tick: record.tick) }
        if !amendments.isEmpty { engine.restraints = faults.restraints }
        var work = TickWork(tick: record.tick, utcMilliseconds: record.utcMilliseconds, capacity: record.inputs.count, amendments)
        for input in record.inputs { apply(input, &work) }
        return work
    }

    /// Lets what a tick made change the sessions and what is kept for edges.
    private mutating func finish(
        _ work: inout TickWork, _ record: TickRecord, _ body: [UInt8], _ amendments: [RecordedFault], _ output: TickOutput
    ) -> ExecutedTick {
        var executed = ExecutedTick(output: output, utcMilliseconds: record.utcMilliseconds)
        executed.closed = work.closed
        executed.detached = work.detached
        executed.consumed = work.consumed
        settleArrivals(&work, output)
        for answer in work.answers { table.keep(answer.answer, for: answer.attachment, tick: record.tick) }
        executed.answers = work.answers
        settleOutcomes(&executed)
        keepEvents(of: output, record.utcMilliseconds)
        table.ended.forget(utcMilliseconds: record.utcMilliseconds, after: engine.outcomeMemoryMilliseconds)
        chain = TickRecord.chain(body: body, amendments: amendments.map(\.body), stateHash: output.stateHash)
        worldChain = WorldChain.advanced(
            worldChain, tick: record.tick, utc: engine.readsUTC ? record.utcMilliseconds : nil, work.seen, before: record.hashBefore,
            after: output.stateHash)
        executed.chain = chain
        utcMilliseconds = record.utcMilliseconds
        return executed
    }

    /// Notes the start of a host. Only the last ones are kept.
    /// - Parameter imageTick: while a tail is replayed, the tick of its image. A start that the tail does not hold recovered exactly that tick: its record lies
    ///   in a segment before the one that the tail begins in, and a host that started on this image had nothing else to recover.
    package mutating func opened(_ incarnation: UInt32, imageTick: UInt64? = nil) {
        guard incarnation > openings.last?.incarnation ?? 0 else { return }
        if let imageTick, let last = openings.last {
            for missed in (last.incarnation + 1)..<max(incarnation, last.incarnation + 1) { openings.append(HostOpening(incarnation: missed, tick: imageTick)) }
        }
        openings.append(HostOpening(incarnation: incarnation, tick: tick))
        openings.removeFirst(max(0, openings.count - HostLimits.openingsKept))
    }

    private mutating func settleArrivals(_ work: inout TickWork, _ output: TickOutput) {
        for arrival in output.arrivals {
            guard let session = table.session(arrival.session) else { preconditionFailure("session \(arrival.session) arrives unasked") }
            let answer: JoinAnswer
            let claim = work.claim(of: session.number)
            switch arrival.result {
            case .success(let avatar):
                table.update(session.number) { $0.avatar = avatar }
                answer = .joined(session: session.number, avatar: avatar, nextSequence: 1, resume: claim.answer)
            case .failure(let refusal):
                table.remove(session.number)
                answer = .refused(
                    .refused, code: refusal.code.rawValue, text: refusal.text.cut(toBytes: LinkLimits.textBytes), resume: claim.answer)
            }
            work.answer(session.attachment, .join(answer), claim.recollection)
        }
    }

    private mutating func settleOutcomes(_ executed: inout ExecutedTick) {
        executed.outcomes.reserveCapacity(executed.output.outcomes.count)
        for outcome in executed.output.outcomes {
            let bytes = executed.output.bytes(of: outcome)
            let edge = keep(outcome.sequence, executed.tick, bytes, for: outcome.source)
            executed.outcomes.append(ExecutedTick.Outcome(edge: edge, source: outcome.source, sequence: outcome.sequence, bytes: bytes))
        }
    }

    /// - Returns: the edge that has the session; nil for a world.
    private mutating func keep(_ sequence: UInt64, _ tick: UInt64, _ bytes: ArraySlice<UInt8>, for source: Source) -> UInt64? {
        switch source {
        case .session(let number):
            let edge = table.update(number) { session in
                session.window.keep(sequence, tick, bytes)
                return session.attachment.edge
            }
            guard let edge else { preconditionFailure("an outcome for session \(number), which is not there") }
            return edge
        case .world(let source):
            table.update(source) { $0.keep(sequence, tick, bytes) }
            return nil
        }
    }

    /// Keeps them for edges that may lack them, and for clients that may resume their sessions.
    private mutating func keepEvents(of output: TickOutput, _ utc: UInt64) {
        let held = table.releasedToAll
        if output.tick > held || !table.sessions.isEmpty, let kept = KeptEvents(output, utcMilliseconds: utc) { events.append(kept) }
        events.trim(heldByAll: held, utcMilliseconds: utc)
    }
}
