import OrgeSchema
import OrgeSystem
import OrgeWorld

/// World code that trapped in a tick of a drawn script.
struct WorldTrap {
    let signal: RaisedSignal
    /// What ran, such as a command as one types it; nil where the engine's recorder names nothing of the world's.
    let work: String?
    let tick: UInt64

    var text: String {
        "its code trapped in tick \(tick) (\(signal.name): an overflow, an index out of range, a failed precondition or the like), in "
            + (work ?? "a copy of the world that ran the tick again")
    }
}

extension TestWorld {
    /// Runs a tick. Where ticks are guarded, a trap of the world's code is kept in ``trap``; the world must not be used any more then.
    func runTick() -> TickNews? {
        guard isGuarded else { return host.step() }
        let host = host
        switch guarded({ host.step() }) {
        case .success(let news): return news
        case .failure(let signal):
            let entry = host.engine.flight.read()?.entry
            trap = WorldTrap(signal: signal, work: entry.flatMap(work), tick: entry?.tick ?? 0)
            // Half of a tick is done, and a thread stands in the middle of it.
            _ = unsafe Unmanaged.passRetained(host)
            return nil
        }
    }

    private func work(_ entry: FlightEntry) -> String? {
        let account = accounts.first { $0.identity.id == entry.account }
        let name = account?.name ?? "no account"
        switch entry.phase {
        case .command: return account?.typedCommand(entry.sequence) ?? "a command of \(name)"
        case .intent: return "an intent of \(name)"
        case .arrival: return "the arrival of \(name)"
        case .departure: return "the departure of \(name)"
        case .system: return "the system \(host.engine.systemName(Int(entry.system)) ?? "\(entry.system)")"
        case .idle, .declaration, .start, .engine, .migration: return nil
        }
    }
}

/// Runs a body of which a trap does not end the test.
func guarded<Value>(_ body: @escaping () -> Value) -> Result<Value, RaisedSignal> {
    do throws(SystemError) { return try runGuarded(body) } catch { preconditionFailure("\(error)") }
}
