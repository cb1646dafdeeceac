import LedgerWorld
import OrgeHostProcess

@main enum Main { static func main() { WorldProgram.run(Ledger.self) } }
