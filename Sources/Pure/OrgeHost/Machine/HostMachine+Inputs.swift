import OrgeLink
import OrgeSchema
import OrgeWorld

/// What edges send.
extension HostMachine {
    mutating func receive(_ frame: EdgeFrame, from link: UInt64, _ now: UInt64) {
        guard let known = links[link] else { return }
        switch frame {
        case .hello(let hello): greet(link, hello, now)
        case .inputs(let batch):
            guard let edge = known.edge else { return close(link, "inputs before the hello", now) }
            guard batch.number == known.batch + 1 else { return close(link, "batch \(batch.number) after \(known.batch)", now) }
            _ = links.update(link) { $0.batch = batch.number }
            for input in batch.inputs { enqueue(input, batch, edge: edge, link: link, now) }
        case .interest(let wantsAll):
            guard let edge = known.edge else { return close(link, "an interest before the hello", now) }
            scopes.want(all: wantsAll, edge)
            reconsiderScope(link, now)
        case .released(let tick):
            guard let edge = known.edge else { return close(link, "an acknowledgement before the hello", now) }
            guard tick <= known.sent else { return close(link, "tick \(tick) acknowledged, and \(known.sent) was sent", now) }
            _ = links.update(link) { $0.acknowledge(tick) }
            waiting.released(edge, through: tick)
            pump(link, now)
        }
    }

    private mutating func enqueue(_ input: LinkInput, _ batch: InputBatch, edge: UInt64, link: UInt64, _ now: UInt64) {
        switch input {
        case .command(let session, let sequence, let kind, let payload):
            command(session, sequence, kind, nil, Array(batch.payload(payload)), edge)
        case .keyedCommand(let session, let sequence, let key, let kind, let payload):
            command(session, sequence, kind, key, Array(batch.payload(payload)), edge)
        case .malformed(let session, let sequence): malformed(session, sequence, edge)
        case .intent(let session, let number, let kind, let payload):
            guard owns(edge, session) else { return }
            let bytes = Array(batch.payload(payload))
            guard bytes.count <= HostLimits.payloadBytes, state.engine.check(intent: kind, bytes) == nil else { return violate(session) }
            queue.intent(session, number: number, kind: kind, payload: bytes)
        case .acknowledge(let session, let sequence):
            if owns(edge, session) { queue.acknowledge(.session(session), through: sequence) }
        case .join(let number, let identity, let tickets):
            guard waiting.takesJoins else { return close(link, "more joins than this host has sessions", now) }
            join(Attachment(edge: edge, number: number), identity, tickets)
        case .leave(let number): end(Attachment(edge: edge, number: number), isOnPurpose: true, link, now)
        case .detach(let number): end(Attachment(edge: edge, number: number), isOnPurpose: false, link, now)
        case .audit(let request, let session): audit(request, session, edge: edge, link: link, now)
        }
    }

    /// Whether the session takes inputs from this edge; opens its queue when it is the first one.
    private mutating func owns(_ edge: UInt64, _ session: UInt64) -> Bool {
        if let attachment = queue.attachment(of: session) { return attachment.edge == edge }
        guard let known = state.table.session(session), known.attachment.edge == edge else { return false }
        guard known.isAttached else {
            // The edge has missed that this attachment ended, or is about to hear it.
            end(known.attachment, isOnPurpose: false)
            return false
        }
        queue.open(known)
        return true
    }

    private mutating func command(
        _ session: UInt64, _ sequence: UInt64, _ kind: UInt16, _ key: IdempotencyKey?, _ payload: [UInt8], _ edge: UInt64
    ) {
        guard owns(edge, session) else { return }
        guard payload.count <= HostLimits.payloadBytes, state.engine.check(command: kind, payload) == nil else { return violate(session) }
        let cost = Int(kind) < costs.count ? costs[Int(kind)] : 1
        judge(queue.command(.session(session), sequence, kind: kind, key: key, cost: cost, payload: payload), session)
    }

    private mutating func malformed(_ session: UInt64, _ sequence: UInt64, _ edge: UInt64) {
        guard owns(edge, session) else { return }
        judge(queue.command(.session(session), sequence, kind: nil, cost: 1, payload: []), session)
    }

    private mutating func judge(_ verdict: CommandVerdict, _ session: UInt64) {
        switch verdict {
        case .taken: commandsTaken += 1
        // The outcome is on its way, or was sent before the edge said that it holds nothing after its last tick.
        case .duplicate, .unknownSource: break
        case .outOfSequence, .overCredit: violate(session)
        }
    }

    /// The edge let something through that it should have stopped: the attachment ends, the others go on.
    private mutating func violate(_ session: UInt64) {
        violations += 1
        if let attachment = queue.attachment(of: session) { end(attachment, isOnPurpose: false) }
    }

    private mutating func join(_ attachment: Attachment, _ identity: Identity, _ tickets: JoinTickets) {
        // Sent again after a lost link: the answer is on its way, or will be when the one that waits is sealed.
        guard state.table.number(of: attachment) == nil, !isAnswered(attachment), !waiting.isEnding(attachment) else { return }
        waiting.join(attachment, identity, tickets)
    }

    private mutating func end(_ attachment: Attachment, isOnPurpose: Bool, _ link: UInt64, _ now: UInt64) {
        guard waiting.takesEndings else { return close(link, "more endings than this host has sessions", now) }
        end(attachment, isOnPurpose: isOnPurpose)
    }

    private mutating func end(_ attachment: Attachment, isOnPurpose: Bool) {
        guard !waiting.isEnding(attachment) else { return }
        waiting.cancelJoin(attachment)
        let session = state.table.session(of: attachment)
        guard session != nil || !isEnded(attachment) else { return }
        if let session { queue.end(session.number) }
        waiting.end(attachment, .init(session: session.map { ($0.number, $0.account) }, isOnPurpose: isOnPurpose))
    }

    private func isAnswered(_ attachment: Attachment) -> Bool { state.table.edges[attachment.edge]?.kept.isAnswered(attachment.number) ?? false }
    private func isEnded(_ attachment: Attachment) -> Bool { state.table.edges[attachment.edge]?.kept.isEnded(attachment.number) ?? false }
}
