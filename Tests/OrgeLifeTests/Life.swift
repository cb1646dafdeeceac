import LedgerWorld
import OrgeSchema
import OrgeSession
import OrgeWire
import OrgeWorld
import Testing

/// A client's whole life in the Ledger, the same at every depth: worlds and schema, refused joins, transfers applied and refused,
/// an event, an audit, a clock, a second client of the same name, a monitor, a lost connection, a leave, and clients that break the rules.
struct Life {
    let server: any Server
    /// Bytes handed over at a time; nil for all.
    var cut: Int?

    func walk() throws {
        var payee = try talker("payee")
        let payeeAvatar = try payee.enter("ledger").avatar
        var payer = try talker("payer")
        let joined = try comeIn(&payer)
        try transfers(&payer, joined, to: payeeAvatar)
        try hear(&payee, from: joined.avatar)
        #expect(try payer.audit(9).rowCount == 1)
        try clock(&payer)
        try twin()
        try monitor()
        try comeBack(payer, joined, payeeAvatar)
        try breakRules(payeeAvatar)
        #expect(try balance(of: payeeAvatar, in: payee) == 175_00, "whatever the others did")
        try payee.leave()
    }

    private func talker(_ name: String, known: ClientSession.KnownSchema? = nil) throws -> Talker {
        Talker(name, over: try server.connect(), cut: cut, known: known)
    }

    private func comeIn(_ payer: inout Talker) throws -> ServerFrame.Joined {
        let worlds = try payer.start()
        #expect(worlds.map(\.name) == ["ledger"] && worlds.map(\.state) == [.running] && worlds.map(\.pace) == [.onDemand])
        try payer.say(payer.session.describe("nowhere"))
        #expect(try payer.refusal() == .unknownWorld)
        try payer.say(payer.session.describe("ledger"))
        #expect(try payer.listen() == .described(hash: worlds[0].schemaHash))
        #expect(payer.session.known?.schema == WorldEngine.schema(of: Ledger.self).clientView)
        #expect(try payer.joinRefusal("nowhere") == .unknownWorld)
        let joined = try payer.join("ledger")
        #expect(payer.heard.count { $0 == ServerFrameType.schema.rawValue } == 1, "who holds the schema does not get it again")
        #expect(joined.session != 0 && joined.role == .player && joined.firstSequence == 1)
        #expect(try balance(of: joined.avatar, in: payer) == Ledger.openingBalance)
        return joined
    }

    private func transfers(_ payer: inout Talker, _ joined: ServerFrame.Joined, to payee: Entity) throws {
        #expect(try transfer(25_00, to: payee, by: &payer) == .applied(result: cents(75_00)))
        #expect(try balance(of: joined.avatar, in: payer) == 75_00, "the rows of its tick come before an outcome")
        #expect(code(try transfer(50_01, to: payee, by: &payer)) == 7, "over the field's rule")
        #expect(code(try transfer(1, to: joined.avatar, by: &payer)) == 1, "an account cannot pay itself")
        #expect(code(try transfer(1, to: Entity(raw: 1), by: &payer)) == 2, "no such account")
        // Two at once: answered in their order, each by its own outcome.
        let sentAt = payer.line.now
        try payer.command("transfer", order(50_00, to: payee))
        try payer.command("transfer", order(50_00, to: payee))
        let first = try payer.outcome()
        let second = try payer.outcome()
        #expect(first.command.sequence == 5 && first.outcome == .applied(result: cents(25_00)))
        #expect(second.command.sequence == 6 && code(second.outcome) == 5, "not enough")
        #expect(first.command.sentAt >= sentAt && first.tick <= second.tick)
        #expect(payer.session.unanswered.isEmpty)
    }

    private func hear(_ payee: inout Talker, from payer: Entity) throws {
        for amount: UInt64 in [25_00, 50_00] {
            let payload = try payee.listen { if case .event(_, _, let payload) = $0 { payload } else { nil } }
            let event = try #require(payee.session.known?.schema.events.first { $0.name == "received" })
            var reader = ByteReader(payload)
            #expect(try event.row.decode(&reader) == [.entity(payer), .unsigned(amount)])
        }
    }

    private func clock(_ payer: inout Talker) throws {
        try payer.say(payer.session.ping(now: payer.line.now))
        _ = try payer.listen { if case .pong = $0 { true } else { nil } }
        #expect(payer.session.clock.best != nil)
    }

    /// One name plays once, looks as often as it likes, and may leave without having joined.
    private func twin() throws {
        var twin = try talker("payer")
        _ = try twin.start()
        #expect(try twin.joinRefusal("ledger") == .accountInUse)
        try twin.leave()
    }

    private func monitor() throws {
        var monitor = try talker("payer")
        let joined = try monitor.enter("ledger", as: .monitor)
        #expect(joined.session == 0 && joined.avatar.isNone && joined.credit == .none)
        #expect(monitor.session.view?.rowCount == 0, "balances are for their owners")
        #expect(monitor.session.command(0, [], now: 0) == nil && monitor.session.intent(0, []) == nil)
        #expect(try monitor.audit(1).rowCount == 0)
        try monitor.leave()
    }

    /// The connection is lost and the account taken up again; then the client leaves with a command on its way.
    private func comeBack(_ payer: borrowing Talker, _ joined: ServerFrame.Joined, _ payee: Entity) throws {
        try payer.line.hangUp()
        var again = try talker("payer", known: payer.session.known)
        let back = try again.enter("ledger")
        #expect(back.avatar == joined.avatar && back.session != joined.session, "the account has its avatar and a new session")
        #expect(try balance(of: back.avatar, in: again) == 25_00)
        #expect(!again.heard.contains(ServerFrameType.schema.rawValue), "the schema is known from before")
        try again.command("transfer", order(25_00, to: payee))
        try again.say(again.session.leave())
        #expect(try again.outcome().outcome == .applied(result: cents(0)), "outcomes still due come before the close")
        #expect(try again.closeReason() == .left)
        #expect(again.session.unanswered.isEmpty && again.session.phase == .closed)
    }

    /// Each is told what was wrong, and no other client is disturbed.
    private func breakRules(_ payee: Entity) throws {
        func reason(_ name: String, _ frames: [ClientFrame]) throws -> CloseReason? {
            var rogue = try talker(name)
            _ = try rogue.enter("ledger")
            for frame in frames { try rogue.say(frame) }
            return try rogue.closeReason()
        }
        func command(_ sequence: UInt64, _ payload: [UInt8]) -> ClientFrame {
            .command(ClientFrame.Command(sequence: sequence, kind: 0, payload: payload))
        }
        #expect(try reason("leaper", [command(2, order(1, to: payee))]) == .badSequence)
        #expect(try reason("walker", [.intent(ClientFrame.Intent(number: 1, kind: 0, payload: []))]) == .malformed)
        #expect(try reason("killer", [.kill(token: Array(repeating: 0, count: WireLimits.tokenBytes))]) == .badToken)
        var stammerer = try talker("stammerer")
        _ = try stammerer.enter("ledger")
        for _ in 0..<2 {
            try stammerer.command("transfer", [1, 2, 3])
            guard case .refused(code: 10, _, _) = try stammerer.outcome().outcome else { Issue.record("a malformed command is not refused as such"); return }
        }
        try stammerer.command("transfer", [1, 2, 3])
        #expect(try stammerer.closeReason() == .malformed)
        var stranger = try talker("stranger")
        _ = stranger.session.start(now: stranger.line.now)
        try stranger.say(bytes: [0, 0, 0, 1, 0x55])
        #expect(try stranger.closeReason() == .malformed)
    }
}

/// Transfers and balances.
extension Life {
    private func order(_ amount: UInt32, to avatar: Entity) -> [UInt8] {
        var writer = ByteWriter()
        writer.entity(avatar)
        writer.u32(amount)
        return writer.bytes
    }

    private func transfer(_ amount: UInt32, to avatar: Entity, by talker: inout Talker) throws -> OrgeWire.CommandOutcome {
        let sequence = talker.session.nextSequence
        try talker.command("transfer", order(amount, to: avatar))
        let (command, _, outcome) = try talker.outcome()
        #expect(command.sequence == sequence)
        return outcome
    }

    private func code(_ outcome: OrgeWire.CommandOutcome) -> UInt8? {
        if case .refused(let code, _, _) = outcome { code } else { nil }
    }

    private func cents(_ value: Int64) -> [UInt8] {
        var writer = ByteWriter()
        writer.i64(value)
        return writer.bytes
    }

    private func balance(of avatar: Entity, in talker: borrowing Talker) throws -> Int64? {
        guard case .signed(let cents)? = try talker.fields(of: avatar, "balance").last else { return nil }
        return cents
    }
}
