import OrgeSchema

extension Release {
    /// The release as frames, to be sent one after the other.
    /// - Parameter limit: of a frame; smaller than the default only in tests.
    package func encodedFrames(world: UInt16, limit: Int = LinkLimits.frameBytes) -> [[UInt8]] {
        var writer = ReleaseWriter(head, world: world, capacity: 256 + bytes.count + 16 * set.count + 24 * outcomes.count, limit: limit)
        for join in joins { writer.join(join.attachment, join.answer) }
        for end in ended { writer.ended(end.attachment, end.reason) }
        for entity in removed { writer.removed(entity) }
        for row in unset { writer.unset(row.entity, row.component) }
        for row in set { writer.set(row.entity, row.component, row: piece(row.bytes)) }
        for outcome in outcomes { writer.outcome(session: outcome.session, sequence: outcome.sequence, piece(outcome.bytes)) }
        for event in events { writer.event(event.kind, to: event.audience, isReliable: event.isReliable, payload: piece(event.payload)) }
        for intent in consumed { writer.consumed(intent) }
        for entry in recalled { writer.recalled(entry.attachment, entry.tick, entry.kind, piece(entry.bytes)) }
        return writer.finish(isLast: true)
    }
}
