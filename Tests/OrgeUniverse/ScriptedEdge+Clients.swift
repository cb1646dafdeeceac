import OrgeLink
import OrgeSchema

/// What the clients of a scripted edge do.
extension ScriptedEdge {
    private static let clientLimit = 8
    private static let accounts = 10

    func doSomething() {
        let joined = clients.indices.filter { clients[$0].isJoined }
        defer { flushSoon() }
        guard !joined.isEmpty else { return join() }
        let index = joined[random.below(joined.count)]
        switch random.below(24) {
        case 0, 1: join()
        case 2: if random.chance(1, outOf: 4) { end(index) }
        case 3, 4: intent(index)
        case 5: if clients[index].audit == nil { audit(index) }
        default: for _ in 0...random.below(6) { command(index) }
        }
    }

    private func join() {
        guard clients.count < Self.clientLimit else { return }
        let account = "p\(random.below(Self.accounts))"
        let client = Client(attachment: nextAttachmentNumber(), account: account)
        clients.append(client)
        if isLive { batch.join(attachment: client.attachment, .guest(account)) }
    }

    private func end(_ index: Int) {
        clients[index].ending = random.chance(1, outOf: 2) ? .left : .detached
        guard isLive else { return }
        if clients[index].ending == .left {
            batch.leave(attachment: clients[index].attachment)
        } else {
            batch.detach(attachment: clients[index].attachment)
        }
    }

    private func intent(_ index: Int) {
        guard let intent = folder.world.schema.intents.first, isLive else { return }
        batch.intent(session: clients[index].session, number: nextIntentNumber(), kind: intent.id, payload: generator.intent(intent)[...])
    }

    private func audit(_ index: Int) {
        let request = nextRequestNumber()
        clients[index].audit = request
        if isLive { batch.audit(request: request, session: clients[index].session) }
    }

    private func command(_ index: Int) {
        guard clients[index].nextSequence <= clients[index].acknowledged + 250, clients[index].unanswered.count < 64 else { return }
        universe.show(&generator, of: judge.world)
        guard let (kind, drawn) = generator.command() else { return }
        var payload = drawn
        if universe.settings.isPoisoned, random.chance(1, outOf: 80) { PoisonedTransfer.poison(&payload) }
        let sequence = clients[index].nextSequence
        let session = clients[index].session
        clients[index].nextSequence += 1
        clients[index].unanswered.append((sequence, kind, payload))
        timeline.sending(session, sequence, kind, payload)
        if isLive { batch.command(session: session, sequence: sequence, kind: kind, payload: payload[...]) }
    }

    /// What is not finished; nil when nothing is.
    var unfinished: String? {
        if !isAlive || !isLive { return "an edge without a link" }
        if let client = clients.first(where: { !$0.unanswered.isEmpty }) { return "\(client.unanswered.count) commands of \(client.account) unanswered" }
        if let client = clients.first(where: { $0.session == 0 || $0.ending != nil }) {
            return "\(client.account) waits for its \(client.session == 0 ? "join" : "end")"
        }
        // Ticks of a fixed pace never end; a second of them is on its way at most.
        if lastTick + (judge.world.hasFixedPace ? 20 : 0) < judge.durableTick { return "an edge holds tick \(lastTick) of \(judge.durableTick)" }
        return clients.contains { $0.audit != nil } ? "an audit unanswered" : nil
    }
}
