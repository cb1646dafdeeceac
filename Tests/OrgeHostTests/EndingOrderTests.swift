import OrgeSchema
import Testing

@testable import OrgeHost

@Suite("More endings than one tick takes")
struct EndingOrderTests {
    private static let count = HostLimits.endingsPerTick + 300

    /// The accounts whose sessions end, tick by tick, when the clients have these attachments.
    private static func order(_ attachments: [OrgeHost.Attachment], isOnPurpose: Bool) -> [[UInt64]] {
        var waiting = WaitingLifecycle()
        var accounts = SortedMap<OrgeHost.Attachment, UInt64>()
        for (index, attachment) in attachments.enumerated() {
            let account = mix64(UInt64(index))
            accounts[attachment] = account
            waiting.end(attachment, .init(session: (UInt64(index + 1), AccountID(raw: account)), isOnPurpose: isOnPurpose))
        }
        return (1...3 as ClosedRange<UInt64>).map { tick in
            var inputs: [HostInput] = []
            waiting.sealEndings(seed: mix64(tick), into: &inputs) { _ in false }
            return inputs.compactMap { input in
                switch input {
                case .leave(let attachment), .detach(let attachment): accounts[attachment]
                default: nil
                }
            }
        }
    }

    @Test("go by the ranks of their accounts, whatever edges and attachments the clients have", arguments: 1...4 as ClosedRange<UInt64>)
    func byRank(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let plain = (0..<Self.count).map { OrgeHost.Attachment(edge: 1, number: UInt64($0 + 1)) }
        let mixed = (0..<Self.count).map { OrgeHost.Attachment(edge: 1 + random.below(3), number: (random.next() >> 32) << 16 | UInt64($0)) }
        for isOnPurpose in [true, false] {
            let order = Self.order(plain, isOnPurpose: isOnPurpose)
            #expect(order.map(\.count) == [HostLimits.endingsPerTick, 300, 0])
            #expect(Self.order(mixed, isOnPurpose: isOnPurpose) == order)
            // In the order of the ranks, of which the first go.
            let ranks = order[0].map { sealingRank($0, mix64(1)) }
            #expect(ranks == ranks.sorted() && order[1].allSatisfy { sealingRank($0, mix64(1)) > ranks[ranks.count - 1] })
        }
    }

    @Test("of equal ranks, those of sessions that are gone, as many go as there is room for")
    func equals() {
        var waiting = WaitingLifecycle()
        for number in 0..<Self.count { waiting.end(OrgeHost.Attachment(edge: 1, number: UInt64(number)), .init(session: nil, isOnPurpose: true)) }
        var sealed: [HostInput] = []
        for _ in 0..<2 { waiting.sealEndings(seed: 1, into: &sealed) { _ in false } }
        #expect(sealed == (0..<Self.count).map { .leave(OrgeHost.Attachment(edge: 1, number: UInt64($0))) })
    }
}
