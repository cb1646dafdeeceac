import OrgeLink
import OrgeWorld

/// A tick that was executed: what it lets out, for each edge.
package struct HeldTick: Sendable {
    let executed: ExecutedTick
    let dilationPermille: UInt16
    /// Audits answered on the state after this tick: they follow its release at once.
    var audits: [(link: UInt64, frames: [[UInt8]])] = []

    package init(_ executed: ExecutedTick, dilationPermille: UInt16 = 1000) {
        self.executed = executed
        self.dilationPermille = dilationPermille
    }

    var tick: UInt64 { executed.tick }

    /// Bytes that it is kept for, roughly.
    var byteCount: Int {
        let output = executed.output
        return 256 + output.changes.bytes.count + output.changes.rows.count * 24 + output.eventBytes.count + executed.outcomes.count * 64
    }

    /// What one edge is sent of it.
    func release(to edge: UInt64) -> Release {
        let output = executed.output
        var release = Release(tick: tick, chain: executed.chain, utcMilliseconds: executed.utcMilliseconds, dilationPermille: dilationPermille)
        release.removed = output.changes.despawned
        for row in output.changes.visibleRows {
            if let bytes = row.bytes {
                release.set(row.entity, row.component, row: output.changes.bytes[bytes])
            } else {
                release.unset.append(RowKey(entity: row.entity, component: row.component))
            }
        }
        for answer in executed.answers where answer.attachment.edge == edge { release.add(answer.answer, to: answer.attachment.number) }
        for outcome in executed.outcomes where outcome.edge == edge {
            guard case .session(let session) = outcome.source else { preconditionFailure("an edge has outcomes of sessions only") }
            release.outcome(session: session, sequence: outcome.sequence, outcome.bytes[...])
        }
        for intent in executed.consumed where intent.edge == edge { release.consumed.append(.init(session: intent.session, number: intent.number)) }
        for event in output.events {
            release.event(event.kind, to: event.audience, isReliable: event.isReliable, payload: output.eventBytes[event.bytes])
        }
        return release
    }
}

extension Release {
    mutating func add(_ answer: AttachmentAnswer, to attachment: UInt64) {
        switch answer {
        case .join(let answer): joins.append((attachment, answer))
        case .ended(let reason): ended.append((attachment, reason))
        }
    }
}

/// The last released ticks, bounded in number and bytes.
package struct RetainedTicks: Sendable {
    private var ticks: [HeldTick] = []
    private var bytes = 0
    /// The last tick that is not kept any more.
    package private(set) var before: UInt64
    private var chains: ChainHistory

    /// - Parameter tick: the state that the first one kept will follow.
    package init(after tick: UInt64, chain: UInt64) {
        before = tick
        chains = ChainHistory(tick: tick, chain: chain)
    }

    /// The chain after a tick that was released, while it is remembered.
    func chain(after tick: UInt64) -> UInt64? { chains[tick] }

    package mutating func append(_ tick: HeldTick) {
        ticks.append(tick)
        bytes += tick.byteCount
        chains.append(tick.tick, tick.executed.chain)
        var gone = 0
        while ticks.count - gone > 1 && (ticks.count - gone > HostLimits.ticksRetained || bytes > HostLimits.bytesRetained) {
            before = ticks[gone].tick
            bytes -= ticks[gone].byteCount
            gone += 1
        }
        // At once, though it moves the rest: one that lingers may be a tick of a million rows.
        if gone > 0 { ticks.removeFirst(gone) }
    }

    /// The first tick after this one; nil when there is none.
    /// - Precondition: `tick >= before`.
    func next(after tick: UInt64) -> HeldTick? {
        precondition(tick >= before, "ticks behind \(tick) are not kept any more")
        return ticks.first { $0.tick > tick }
    }

    /// Adds an audit's answer to the newest tick.
    mutating func add(audit frames: [[UInt8]], for link: UInt64) {
        ticks[ticks.count - 1].audits.append((link, frames))
    }

    var isEmpty: Bool { ticks.isEmpty }
}
