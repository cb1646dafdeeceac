import OrgeSchema
import OrgeSession
import OrgeWire
import OrgeWorld

/// What sessions ask for, and what the world answers.
extension BareServer {
    func obey(_ reaction: ServerReaction, _ peer: BarePeer) {
        switch reaction {
        case .nothing, .kill, .received: break
        case .send(let frame): frame.encode(to: &peer.out)
        case .sendBoth(let first, let second):
            first.encode(to: &peer.out)
            second.encode(to: &peer.out)
        case .pong(let clientTime):
            let pong = ServerFrame.Pong(clientTime: clientTime, serverMicroseconds: now / 1_000, tick: engine.tick, microsecondsIntoTick: 0)
            ServerFrame.pong(pong).encode(to: &peer.out)
        case .admit: obey(peer.session.admitted([entry]), peer)
        case .describe(let world):
            obey(world == engine.schema.name ? peer.session.described(served) : peer.session.joinRefused(.init(.unknownWorld, "no such world")), peer)
        case .join(let account, let join): self.join(account, join, peer)
        case .submit(let command):
            inputs.append(.command(session: peer.number, sequence: command.sequence, kind: command.kind, payload: command.payload))
        case .submitMalformed(let command): inputs.append(.malformed(.session(peer.number), sequence: command.sequence))
        case .intent(let intent):
            peer.consumedIntent = intent.number
            inputs.append(.intent(session: peer.number, kind: intent.kind, payload: intent.payload))
        case .audit(let request): peer.audit = request
        case .depart: end(peer, .depart)
        case .close(let close, let disconnectEffect):
            ServerFrame.close(close).encode(to: &peer.out)
            end(peer, disconnectEffect)
        }
    }

    private func join(_ account: String, _ join: ClientFrame.Join, _ peer: BarePeer) {
        guard join.world == engine.schema.name else { return obey(peer.session.joinRefused(.init(.unknownWorld, "no such world")), peer) }
        guard join.role == .player else { return enter(peer) }
        guard !peers.contains(where: { $0 !== peer && $0.number != 0 && $0.number == accounts[account] }) else {
            return obey(peer.session.joinRefused(.init(.accountInUse, "in use")), peer)
        }
        lastSession += 1
        peer.number = lastSession
        if let old = accounts[account], let avatar = engine.avatar(ofSession: old) {
            inputs.append(.resume(session: lastSession, from: old))
            peer.avatar = avatar
            enter(peer)
        } else {
            inputs.append(.arrive(session: lastSession, .guest(account)))
            peer.isJoining = true
        }
        accounts[account] = lastSession
    }

    func arrived(_ arrival: Arrival) {
        guard let peer = peers.first(where: { $0.isJoining && $0.number == arrival.session }) else { return }
        peer.isJoining = false
        switch arrival.result {
        case .success(let avatar):
            peer.avatar = avatar
            enter(peer)
        case .failure(let refusal):
            peer.number = 0
            obey(peer.session.joinRefused(.init(.refused, refusal: refusal.code.rawValue, "refused")), peer)
        }
    }

    /// From here on the client sees the world.
    private func enter(_ peer: BarePeer) {
        peer.isInWorld = true
        let arrival = ServerSession.Arrival(
            schema: served, session: peer.number, avatar: peer.avatar, incarnation: 1, tick: engine.tick, tickMicroseconds: entry.tickMicroseconds,
            idBase: Self.base)
        obey(peer.session.joined(arrival), peer)
        show(to: peer, isFirst: true)
    }

    /// The connection's end, as far as the world is concerned.
    func end(_ peer: BarePeer, _ disconnectEffect: DisconnectEffect) {
        switch disconnectEffect {
        case .nothing: break
        case .detach: inputs.append(.detach(session: peer.number))
        case .depart, .abandonJoin:
            inputs.append(.depart(session: peer.number))
            accounts.removeAll { _, session in session == peer.number }
        }
        peer.isInWorld = false
        peer.isJoining = false
        peer.number = 0
    }

    func tell(_ outcome: ExecutedCommand, _ output: TickOutput) {
        guard let peer = peers.first(where: { $0.isInWorld && outcome.source == .session($0.number) }) else { return }
        let frame = ServerFrame.outcome(sequence: outcome.sequence, tick: output.tick, outcome: Array(output.bytes(of: outcome)))
        switch peer.session.outcome(outcome.sequence) {
        case .ignore: break
        case .send(let credit):
            frame.encode(to: &peer.out)
            if let credit { ServerFrame.credit(credit).encode(to: &peer.out) }
        case .sendAndClose(let close, let disconnectEffect):
            frame.encode(to: &peer.out)
            obey(.close(close, disconnectEffect), peer)
        case .close(let close, let disconnectEffect): obey(.close(close, disconnectEffect), peer)
        }
    }
}
