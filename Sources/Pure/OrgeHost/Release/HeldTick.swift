import OrgeLink
import OrgeWorld

/// A tick that was executed: what it lets out, for each edge.
package struct HeldTick: Sendable {
    let head: ReleaseHead
    let stateHash: UInt64
    private var shared: Shared
    /// Rows and events as they go to edges that are not sent everything.
    private var parts: [(edge: UInt64, frames: [[UInt8]])] = []
    private let answers: [ExecutedTick.Answer]
    private let outcomes: [ExecutedTick.Outcome]
    private let consumed: [ExecutedTick.Consumed]
    /// Of the buffer that the outcomes share.
    private let outcomeByteCount: Int
    /// Audits answered on the state after this tick: they follow its release at once.
    var audits: [(link: UInt64, frames: [[UInt8]])] = []

    /// What all edges that are sent everything get alike: rows, despawned entities and events.
    private enum Shared {
        /// No edge is sent everything.
        case leftOut
        case changes(ChangeSet, events: [EmittedEvent], eventBytes: [UInt8])
        /// The same, as parts of the release.
        case frames([[UInt8]])
    }

    package init(_ executed: ExecutedTick, dilationPermille: UInt16 = 1000) {
        let output = executed.output
        head = ReleaseHead(
            tick: output.tick, chain: executed.chain, utcMilliseconds: executed.utcMilliseconds, dilationPermille: dilationPermille)
        stateHash = output.stateHash
        shared = .changes(output.changes, events: output.events, eventBytes: output.eventBytes)
        answers = executed.answers
        outcomes = executed.outcomes
        consumed = executed.consumed
        outcomeByteCount = output.outcomeBytes.count
    }

    var tick: UInt64 { head.tick }

    /// Adds what goes to edges that are not sent everything.
    /// - Parameter keepsAll: whether another edge is or may be.
    mutating func add(parts: [(edge: UInt64, frames: [[UInt8]])], keepsAll: Bool) {
        self.parts = parts
        if !keepsAll { shared = .leftOut }
    }

    /// Bytes that it is kept for, roughly.
    var byteCount: Int {
        let sharedBytes =
            switch shared {
            case .leftOut: 0
            case .changes(let changes, _, let eventBytes): changes.bytes.count + changes.rows.count * 24 + eventBytes.count
            case .frames(let frames): frames.reduce(0) { $0 + $1.count }
            }
        let recalledBytes = answers.reduce(0) { $0 + ($1.recollection?.byteCount ?? 0) }
        let partBytes = parts.reduce(0) { $1.frames.reduce($0) { $0 + $1.count } }
        return 256 + sharedBytes + partBytes + recalledBytes + outcomes.count * MemoryLayout<ExecutedTick.Outcome>.stride + outcomeByteCount
    }

    /// Encodes what edges that are sent everything get alike, once; the changes themselves are given up. A tick that no edge is sent is never encoded.
    mutating func encodeShared(world: UInt16) {
        guard case .changes(let changes, let events, let eventBytes) = shared else { return }
        var writer = ReleaseWriter(head, world: world, capacity: 256 + changes.bytes.count + changes.rows.count * 16 + eventBytes.count)
        for entity in changes.despawned { writer.removed(entity) }
        for row in changes.visibleRows where row.bytes == nil { writer.unset(row.entity, row.component) }
        for row in changes.visibleRows {
            if let bytes = row.bytes { writer.set(row.entity, row.component, row: changes.bytes[bytes]) }
        }
        for event in events { writer.event(event.kind, to: event.audience, isReliable: event.isReliable, payload: eventBytes[event.bytes]) }
        shared = .frames(writer.isEmpty ? [] : writer.finish(isLast: false))
    }

    /// The release to one edge: its rows and events, then what concerns its sessions, and its audits.
    mutating func frames(to edge: UInt64, on link: UInt64, world: UInt16) -> [[UInt8]] {
        commonFrames(to: edge, world: world) + ownFrames(of: edge, world: world) + audits.lazy.filter { $0.link == link }.flatMap(\.frames)
    }

    private mutating func commonFrames(to edge: UInt64, world: UInt16) -> [[UInt8]] {
        if let part = parts.first(where: { $0.edge == edge }) { return part.frames }
        encodeShared(world: world)
        guard case .frames(let shared) = shared else { preconditionFailure("the changes of tick \(tick) were not kept") }
        return shared
    }

    /// The last parts of the release: answers, outcomes and consumed intents of an edge's sessions.
    private func ownFrames(of edge: UInt64, world: UInt16) -> [[UInt8]] {
        var writer = ReleaseWriter(head, world: world, capacity: 256 + outcomes.count * 32)
        for answer in answers where answer.attachment.edge == edge {
            if case .join(let join) = answer.answer { writer.join(answer.attachment.number, join) }
        }
        for answer in answers where answer.attachment.edge == edge {
            if case .ended(let reason) = answer.answer { writer.ended(answer.attachment.number, reason) }
        }
        for outcome in outcomes where outcome.edge == edge {
            guard case .session(let session) = outcome.source else { preconditionFailure("an edge has outcomes of sessions only") }
            writer.outcome(session: session, sequence: outcome.sequence, outcome.bytes)
        }
        for intent in consumed where intent.edge == edge { writer.consumed(ConsumedIntent(session: intent.session, number: intent.number)) }
        for answer in answers where answer.attachment.edge == edge {
            answer.recollection?.forEach { writer.recalled(answer.attachment.number, $0, $1, $2) }
        }
        return writer.finish(isLast: true)
    }
}
