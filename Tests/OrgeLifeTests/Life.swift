import LedgerWorld
import OrgeSchema
import OrgeSession
import OrgeWire
import Testing

/// What carries a client's bytes to a server, however deep: machines in this process, or sockets and processes.
protocol Line: AnyObject {
    func send(_ bytes: [UInt8]) throws
    /// At least one byte, waiting as long as it takes within reason.
    func receive() throws -> [UInt8]
    /// Nanoseconds.
    var now: UInt64 { get }
}

/// One client's conversation over a line.
struct Talker: ~Copyable {
    var session: ClientSession
    let line: any Line
    private var buffer = FrameBuffer(limit: WireLimit.serverFrameBytes)

    init(_ name: String, over line: any Line) {
        session = ClientSession(.init(kind: .tool, software: "life", name: name))
        self.line = line
    }

    func say(_ frame: ClientFrame?) throws { try line.send(try #require(frame).encoded) }

    /// Listens until a reaction of the wanted kind comes; the others before it are passed over.
    mutating func listen<Wanted>(for wanted: (ClientReaction) -> Wanted?) throws -> Wanted {
        while true {
            while case .frame(let range) = buffer.next() {
                var reader = buffer.reader(range)
                let reaction = session.receive(&reader, now: line.now)
                if case .fault(let fault) = reaction { throw fault }
                if let found = wanted(reaction) { return found }
            }
            buffer.append(try line.receive())
        }
    }
}

/// A client's whole life in the Ledger, the same whatever carries it: login, schema, a refused join, a join, transfers applied and refused, an
/// event, an audit, a clock, a leave, and the same account again.
enum Life {
    static func walk(_ connect: () throws -> any Line) throws {
        var payee = Talker("payee", over: try connect())
        let payeeAvatar = try enter(&payee).avatar
        var payer = Talker("payer", over: try connect())
        for frame in payer.session.start(now: payer.line.now) { try payer.say(frame) }
        let worlds = try payer.listen { if case .choose(let worlds) = $0 { worlds } else { nil } }
        #expect(worlds.map(\.name) == ["ledger"])
        try payer.say(payer.session.join("nowhere", as: .player))
        let refusal = try payer.listen { if case .joinRefused(let refusal) = $0 { refusal } else { nil } }
        #expect(refusal.code == .unknownWorld)
        try payer.say(payer.session.join("ledger", as: .player))
        let joined = try payer.listen { if case .joined(let joined) = $0 { joined } else { nil } }
        _ = try payer.listen { if case .viewComplete = $0 { true } else { nil } }
        #expect(try balance(of: joined.avatar, in: payer) == Ledger.openingBalance)

        #expect(try transfer(25_00, to: payeeAvatar, by: &payer) == .applied(result: cents(75_00)))
        #expect(try balance(of: joined.avatar, in: payer) == 75_00, "the rows of its tick come before an outcome")
        let received = try payee.listen { if case .event(_, _, let payload) = $0 { payload } else { nil } }
        #expect(Array(received.suffix(4)) == [0, 0, 0x09, 0xc4])
        #expect(code(try transfer(50_01, to: payeeAvatar, by: &payer)) == 7, "over the field's rule")
        #expect(code(try transfer(1, to: joined.avatar, by: &payer)) == 1, "an account cannot pay itself")
        #expect(code(try transfer(1, to: Entity(raw: 1), by: &payer)) == 2, "nobody there")
        #expect(try transfer(50_00, to: payeeAvatar, by: &payer) == .applied(result: cents(25_00)))
        #expect(code(try transfer(50_00, to: payeeAvatar, by: &payer)) == 5, "not enough")

        try payer.say(payer.session.audit(9))
        let report = try payer.listen { if case .audited(let report) = $0 { report } else { nil } }
        #expect(report.request == 9 && report.rowCount == 1 && report.mismatchCount == 0)
        try payer.say(payer.session.ping(now: payer.line.now))
        _ = try payer.listen { if case .pong = $0 { true } else { nil } }
        #expect(payer.session.clock.best != nil)
        try leave(&payer)
        var again = Talker("payer", over: try connect())
        let back = try enter(&again)
        #expect(back.avatar == joined.avatar && back.session != joined.session, "the account has its avatar and a new session")
        #expect(try balance(of: back.avatar, in: again) == 25_00)
        try leave(&again)
        try leave(&payee)
    }

    private static func enter(_ talker: inout Talker) throws -> ServerFrame.Joined {
        for frame in talker.session.start(now: talker.line.now) { try talker.say(frame) }
        _ = try talker.listen { if case .choose = $0 { true } else { nil } }
        try talker.say(talker.session.join("ledger", as: .player))
        let joined = try talker.listen { if case .joined(let joined) = $0 { joined } else { nil } }
        _ = try talker.listen { if case .viewComplete = $0 { true } else { nil } }
        return joined
    }

    private static func leave(_ talker: inout Talker) throws {
        try talker.say(talker.session.leave())
        let close = try talker.listen { if case .closed(let close) = $0 { close } else { nil } }
        #expect(close.reason == .left)
    }

    private static func transfer(_ amount: UInt32, to avatar: Entity, by talker: inout Talker) throws -> CommandOutcome {
        var writer = ByteWriter()
        writer.entity(avatar)
        writer.u32(amount)
        let kind = try #require(talker.session.known?.schema.command(named: "transfer")?.id)
        let sequence = talker.session.nextSequence
        try talker.say(talker.session.command(kind, writer.bytes, now: talker.line.now))
        let (command, outcome) = try talker.listen { reaction -> (ClientSession.Unanswered, CommandOutcome)? in
            if case .outcome(let command, _, let outcome) = reaction { (command, outcome) } else { nil }
        }
        #expect(command.sequence == sequence)
        return outcome
    }

    private static func code(_ outcome: CommandOutcome) -> UInt8? {
        if case .refused(let code, _, _) = outcome { code } else { nil }
    }

    private static func cents(_ value: Int64) -> [UInt8] {
        var writer = ByteWriter()
        writer.i64(value)
        return writer.bytes
    }

    private static func balance(of avatar: Entity, in talker: borrowing Talker) throws -> Int64? {
        let row = talker.session.view?.row(avatar, 0).map(Array.init)
        var reader = ByteReader(try #require(row))
        _ = try reader.entity()
        return try reader.i64()
    }
}
