import LedgerWorld
import OrgeTestSupport
import OrgeWorld

/// Ledger with a mistake: it fails on each transfer of one amount, when the money has been moved.
enum PoisonedLedger: World {
    static let name = Ledger.name
    static let version = Ledger.version
    static let pace = Ledger.pace
    static let readsUTC = Ledger.readsUTC
    static let keyMemory = Ledger.keyMemory

    /// Suspends for a second, and disables nothing: a universe lasts some seconds, in which its clients are to do other things too.
    static var faultPolicy: FaultPolicy {
        var policy = FaultPolicy()
        policy.suspensionSeconds = 1
        policy.countingSeconds = 10
        policy.accountsToDisable = 16
        return policy
    }

    @PartsBuilder static var parts: Parts {
        Balance.self
        PoisonedTransfer.self
        Received.self
    }

    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try Ledger.arrive(identity, &turn) }
    static func depart(_ avatar: Entity, _ turn: inout Turn) { Ledger.depart(avatar, &turn) }
}

struct PoisonedTransfer: Command {
    static var name: String { Transfer.name }
    /// In cents; no other amount above 30 is usual.
    static let poison: UInt32 = 4_321

    var to = Entity.none
    var amount: UInt32 = 0

    static var fields: [FieldRule<Self>] { [.range(\.amount, 1...50_00, unit: "cents")] }

    static func run(_ transfer: PoisonedTransfer, _ turn: inout Turn) throws(Refusal) -> Receipt {
        let receipt = try Transfer.run(Transfer(to: transfer.to, amount: transfer.amount), &turn)
        if transfer.amount == poison { Bomb.explode() }
        return receipt
    }

    /// Gives a command's payload that amount.
    static func poison(_ payload: inout [UInt8]) {
        payload.replaceSubrange(8..<12, with: (0..<4).map { UInt8(truncatingIfNeeded: poison >> (24 - 8 * UInt32($0))) })
    }

    /// Whether a command's payload has that amount.
    static func isPoison(_ payload: [UInt8]) -> Bool { payload.count == 12 && payload[8...].reduce(0) { $0 << 8 | UInt32($1) } == poison }
}
