import OrgeClient
import OrgeSchema
import Testing

@Suite("The Swift client") struct SwiftClientTests {
    @Test("joins, calls, sees, is told, is audited and leaves")
    func life() async throws {
        let server = try ServedOverTCP("ledger")
        let payee = try await OrgeClient.connect(port: Int(server.port), as: "payee")
        let account = try await payee.join("ledger")
        let payer = try await OrgeClient.connect(port: Int(server.port), as: "payer")
        #expect(try await payer.worlds == ["ledger"])
        let avatar = try await payer.join("ledger")
        let outcome = try await payer.call("transfer", ["to": "\(account)", "amount": "2500"])
        guard case .applied(_, let result) = outcome else { Issue.record("\(outcome)"); return }
        #expect(result == [ClientField(name: "cents", value: .signed(7_500))])
        #expect(try await payer.rows.first?["cents"] == .signed(7_500))
        guard case .refused(_, 7, "amount", _) = try await payer.call("transfer", ["to": "\(account)", "amount": "9999"]) else {
            Issue.record("a broken rule is refused with its field")
            return
        }
        #expect(try await payer.audit() == (rows: 1, mismatches: 0))
        for await happening in payee.happenings {
            guard case .event(_, let name, let fields) = happening else { continue }
            #expect(name == "received" && fields == [ClientField(name: "from", value: .entity(avatar)), ClientField(name: "amount", value: .unsigned(2_500))])
            break
        }
        await payer.leave()
        await payee.leave()
    }

    @Test("more calls at once than the server grants wait for their turn, and all of them are answered")
    func manyCalls() async throws {
        let server = try ServedOverTCP("ledger")
        let payee = try await OrgeClient.connect(port: Int(server.port), as: "payee")
        let account = try await payee.join("ledger")
        let payer = try await OrgeClient.connect(port: Int(server.port), as: "payer")
        _ = try await payer.join("ledger")
        let applied = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<1_000 {
                group.addTask {
                    if case .applied = try await payer.call("transfer", ["to": "\(account)", "amount": "1"]) { true } else { false }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(applied == 1_000)
        #expect(try await payer.rows.first?["cents"] == .signed(9_000))
        await payer.leave()
        await payee.leave()
    }

    @Test("says what was wrong: no server, no such world, command or field, a name in use")
    func errors() async throws {
        let server = try ServedOverTCP("ledger")
        await #expect(throws: ClientError.self) { try await OrgeClient.connect(port: 1, as: "ada") }
        let ada = try await OrgeClient.connect(port: Int(server.port), as: "ada")
        await #expect(throws: ClientError(code: .joinRefused(1), message: "no such world")) { try await ada.join("nowhere") }
        _ = try await ada.join("ledger")
        await #expect(throws: ClientError(code: .invalid, message: "ledger has no command dance")) { try await ada.call("dance") }
        await #expect(throws: ClientError(code: .invalid, message: "transfer needs to")) { try await ada.call("transfer", ["amount": "1"]) }
        await #expect(throws: ClientError.self) { try await ada.call("transfer", ["to": "x", "amount": "1"]) }
        let twin = try await OrgeClient.connect(port: Int(server.port), as: "ada")
        let refused = await #expect(throws: ClientError.self) { try await twin.join("ledger") }
        #expect(refused?.code == .joinRefused(4))
        await twin.leave()
        await ada.leave()
        await #expect(throws: ClientError.self) { try await ada.call("transfer", ["to": "none", "amount": "1"]) }
    }
}
