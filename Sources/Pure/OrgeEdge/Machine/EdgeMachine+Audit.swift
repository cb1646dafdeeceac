import OrgeLink
import OrgeReplication
import OrgeSchema
import OrgeSession
import OrgeWire

/// Audits: the client is brought to exactly the tick of the host's answer, then gets the answer.
extension EdgeMachine {
    mutating func audit(_ request: UInt32, _ connection: Connection) {
        guard let world = connection.world else { preconditionFailure("an audit outside of a world") }
        connection.audit = request
        guard !connection.isForked else { return }
        guard case .live = world.link else { return }
        tell(world) { $0.audit(request: connection.attachment, session: connection.sessionNumber) }
    }

    mutating func deliver(_ answer: HostAudit, _ world: EdgeWorld, _ now: UInt64) {
        guard let connection = holder(answer.request, in: world), let request = connection.audit, !connection.isClosing else { return }
        guard !answer.isBusy else { return refuse(request, connection) }
        guard answer.tick == world.replica.tick else {
            return drop(world, "an audit after tick \(answer.tick) while \(world.replica.tick) is held", now)
        }
        // One audit is unanswered at a time, so a client that does not read costs one view more than its last update.
        if connection.outgoing.isBehind { catchUp(connection, now) }
        write(answer, request, connection, now)
        connection.isAuditBegun = !answer.isLast
        guard answer.isLast else { return }
        connection.audit = nil
        connection.session.auditAnswered()
    }

    private mutating func refuse(_ request: UInt32, _ connection: Connection) {
        connection.outgoing.notice { ServerFrame.auditAnswer(AuditAnswer(request: request, tick: 0, isBusy: true)).encode(to: &$0) }
        connection.audit = nil
        connection.session.auditAnswered()
        markDirty(connection)
    }

    private mutating func write(_ answer: HostAudit, _ request: UInt32, _ connection: Connection, _ now: UInt64) {
        var first = answer.rows.range.lowerBound
        let end = answer.rows.range.upperBound
        repeat {
            let next = min(end, first + AuditAnswer.rowsPerFrame * HostAudit.rowBytes)
            let isLast = next == end && answer.isLast
            if isLast { perform(connection.session.notify(.viewed(ticksDue: connection.outgoing.view.updatesDue)), connection, now) }
            connection.outgoing.bulk(joins: true) { writer in
                let frame = writer.beginFrame(ServerFrameType.auditAnswer)
                writer.u32(request)
                writer.u64(answer.tick)
                writer.u8(isLast ? 0 : AuditAnswer.moreFlag)
                writer.bytes(answer.bytes[first..<next])
                writer.endFrame(frame, limit: WireLimits.serverFrameBytes)
            }
            first = next
        } while first < end
        markDirty(connection)
    }
}
