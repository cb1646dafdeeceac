import OrgeSchema

/// The senders of the next commands, looked up in one batch: looked up one at a time, each would incur its own cache miss.
///
/// Only arrivals, resumptions and departures change a session's avatar, and no run of commands extends across one of them.
struct SendersAhead {
    private var senders: ContiguousArray<Presence?> = []
    private var start = 0

    /// Commands in a batch: enough to overlap memory accesses, few enough to stay in the L1 cache.
    private static let limit = 64

    init() { senders.reserveCapacity(Self.limit) }

    /// Looks up the run of commands that starts at `ordinal`, unless the current batch covers it.
    mutating func look(ahead inputs: [Input], at ordinal: Int, _ known: borrowing IDTable<Presence>) {
        guard ordinal >= start + senders.count else { return }
        start = ordinal
        senders.removeAll(keepingCapacity: true)
        while senders.count < Self.limit, start + senders.count < inputs.count, case .command(.session(let session), _, _, _) = inputs[start + senders.count] {
            senders.append(known[session])
        }
    }

    /// The sender of the command at `ordinal`; nil when its session is not in the world, or the input is no command.
    subscript(ordinal: Int) -> Presence? { senders.indices.contains(ordinal - start) ? senders[ordinal - start] : nil }
}
