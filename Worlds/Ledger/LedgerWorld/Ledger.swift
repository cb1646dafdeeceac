public import OrgeWorld

/// Accounts and transfers: the smallest world that reveals a lost, duplicated or partly applied command.
///
/// No positions: a client sees what it owns, its own account. Money enters with each new account and never leaves.
public enum Ledger: World {
    public static let name = "ledger"
    public static let version: UInt16 = 1
    public static let pace = Pace.onDemand

    /// The balance of a new account, in cents.
    public static let openingBalance: Int64 = 100_00

    /// Accounts are never removed and any client may open one, so their number is bounded: each costs host, images and edge some hundred bytes.
    public static let accountLimit = 100_000

    /// Keys are remembered by the time.
    public static let readsUTC = true

    /// A day: a client that was cut off in the middle of a transfer repeats it with its key, at the latest on the next morning.
    public static let keyMemory: KeyMemory? = KeyMemory()

    public static var parts: Parts {
        Balance.self
        Transfer.self
        Received.self
    }

    public static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if let known = turn.avatar(of: identity.id) { return known }
        guard turn.entityCount < accountLimit else { throw Refusal(.full, "the ledger opens no more accounts") }
        let opened = try turn.spawn()
        try turn.set(opened, Balance(owner: opened, cents: openingBalance))
        return opened
    }

    /// Accounts are kept after a departure.
    public static func depart(_ avatar: Entity, _ turn: inout Turn) {}
}

/// The balance of an account; only its owner sees it.
public struct Balance: Component {
    public var owner = Entity.none
    public var cents: Int64 = 0

    public init() {}

    init(owner: Entity, cents: Int64) {
        self.owner = owner
        self.cents = cents
    }

    public static var visibility: Visibility { .owner }
    public static var fields: [FieldRule<Self>] { [.owner(\.owner), .unit(\.cents, "cents")] }
}

/// Moves money from the caller's account to another.
public struct Transfer: Command {
    public var to = Entity.none
    public var amount: UInt32 = 0

    public init() {}

    public init(to: Entity, amount: UInt32) {
        self.to = to
        self.amount = amount
    }

    public static var fields: [FieldRule<Self>] { [.range(\.amount, 1...50_00, unit: "cents")] }

    public static func run(_ transfer: Transfer, _ turn: inout Turn) throws(Refusal) -> Receipt {
        let amount = Int64(transfer.amount)
        var mine: Balance = try turn.get(turn.avatar)
        guard transfer.to != turn.avatar else { throw Refusal(.invalid, "an account cannot pay itself") }
        guard mine.cents >= amount else { throw Refusal(.insufficient, "the account holds \(mine.cents) cents, not \(amount)") }
        mine.cents -= amount
        try turn.set(turn.avatar, mine)
        var theirs: Balance = try turn.get(transfer.to)
        theirs.cents += amount
        try turn.set(transfer.to, theirs)
        turn.emit(Received(from: turn.avatar, amount: transfer.amount), to: .session(transfer.to))
        return Receipt(cents: mine.cents)
    }
}

/// The balance after a transfer.
public struct Receipt: Record {
    public var cents: Int64 = 0

    public init() {}
    init(cents: Int64) { self.cents = cents }

    public static var fields: [FieldRule<Self>] { [.unit(\.cents, "cents")] }
}

/// Notifies the receiver of a transfer.
public struct Received: Event {
    public var from = Entity.none
    public var amount: UInt32 = 0

    public init() {}

    init(from: Entity, amount: UInt32) {
        self.from = from
        self.amount = amount
    }

    public static var fields: [FieldRule<Self>] { [.unit(\.amount, "cents")] }
}
