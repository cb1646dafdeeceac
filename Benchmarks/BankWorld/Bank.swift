import OrgeHostProcess
import OrgeWorld

/// A hundred thousand accounts, and transfers between any two of them: what a stored procedure of a database does, for the benchmarks.
///
/// Ledger lets a client spend its own money only; here, as in a database, a few connections move everybody's.
@main enum Bank: World {
    static let name = "bank"
    static let version: UInt16 = 1
    static let pace = Pace.onDemand
    static let accounts = 100_000
    /// More than any run moves, so that every transfer is applied.
    static let openingCents: Int64 = 1_000_000_000_000

    @PartsBuilder static var parts: Parts {
        Funds.self
        Move.self
    }

    /// Accounts are the first entities: slots 0 to 99,999 of generation 1.
    static func start(_ turn: inout Turn) {
        do {
            for _ in 0..<accounts {
                let account = try turn.spawn()
                try turn.set(account, Funds(cents: openingCents))
            }
        } catch {
            preconditionFailure("an empty world refuses its own start: \(error)")
        }
    }

    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if let known = turn.avatar(of: identity.id) { return known }
        return try turn.spawn()
    }

    static func main() { WorldProgram.run(Bank.self) }
}

struct Funds: Component {
    var cents: Int64 = 0

    static var visibility: Visibility { .server }
}

struct Move: Command {
    var from = Entity.none
    var to = Entity.none
    var amount: UInt32 = 0

    static var fields: [FieldRule<Self>] { [.range(\.amount, 1...50_00, unit: "cents")] }

    static func run(_ move: Move, _ turn: inout Turn) throws(Refusal) -> Left {
        let amount = Int64(move.amount)
        guard move.from != move.to else { throw Refusal(.invalid, "an account cannot pay itself") }
        var payer: Funds = try turn.get(move.from)
        guard payer.cents >= amount else { throw Refusal(.insufficient, "the account holds \(payer.cents) cents, not \(amount)") }
        payer.cents -= amount
        try turn.set(move.from, payer)
        var payee: Funds = try turn.get(move.to)
        payee.cents += amount
        try turn.set(move.to, payee)
        return Left(cents: payer.cents)
    }
}

/// The payer's balance after a transfer.
struct Left: Record {
    var cents: Int64 = 0
}
