import OrgeSchema
import OrgeSession
import OrgeWire
import Testing

/// A visit to the Meadow, the same at every depth: what the Ledger lacks, places and intents, and events to those around.
struct Visit {
    let server: any Server

    /// Updates in which something that was asked for must show.
    private static let patience = 200

    func walk() throws {
        var ada = Talker("ada", over: try server.connect(), cut: nil)
        let joined = try ada.enter("meadow")
        #expect(joined.tickMicroseconds == 50_000)
        #expect(try ada.fields(of: joined.avatar, "name") == [.text("ada")])
        var monitor = Talker("ada", over: try server.connect(), cut: nil)
        _ = try monitor.enter("meadow", as: .monitor)
        #expect(try #require(monitor.session.view?.rowCount) > #require(ada.session.view?.rowCount), "a monitor sees the whole world")

        let walk = try walk(&ada, joined.avatar)
        try speak(&ada, &monitor, joined.avatar)
        #expect(monitor.session.view?.contains(joined.avatar) == true && monitor.session.view?.row(joined.avatar, walk) == nil, "a wish is its owner's")
        #expect(try ada.audit(1).rowCount > 0)
        #expect(try monitor.audit(2).rowCount > 1_000)
        try ada.leave()
        try monitor.leave()
    }

    /// The wish becomes a row of the avatar.
    private func walk(_ ada: inout Talker, _ avatar: Entity) throws -> UInt16 {
        let intent = try #require(ada.session.known?.schema.intents.first)
        let payload: [UInt8] = [100, 0xce]
        try ada.say(ada.session.intent(intent.id, [1, 1]))
        try ada.say(ada.session.intent(intent.id, payload))
        for _ in 0..<Self.patience {
            if ada.session.view?.row(avatar, intent.component).map(Array.init) == payload {
                #expect(ada.session.consumedIntent == 2, "the update that shows an intent names it")
                return intent.component
            }
            _ = try ada.listen { if case .viewComplete = $0 { true } else { nil } }
        }
        Issue.record("the intent never shows")
        return intent.component
    }

    private func speak(_ ada: inout Talker, _ monitor: inout Talker, _ avatar: Entity) throws {
        var text = ByteWriter()
        text.shortText("hello")
        try ada.command("say", text.bytes)
        for hearer in [0, 1] {
            let payload = try hearer == 0 ? heard(&ada) : heard(&monitor)
            let event = try #require(ada.session.known?.schema.events.first { $0.name == "spoken" })
            var reader = ByteReader(payload)
            #expect(try event.row.decode(&reader) == [.entity(avatar), .text("hello")])
        }
    }

    private func heard(_ talker: inout Talker) throws -> [UInt8] { try talker.listen { if case .event(_, _, let payload) = $0 { payload } else { nil } } }
}
