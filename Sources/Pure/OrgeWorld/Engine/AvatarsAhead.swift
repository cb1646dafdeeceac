import OrgeSchema

/// The avatars of the next commands, looked up in one batch: looked up one at a time, each would incur its own cache miss.
///
/// Only arrivals, resumptions and departures change a session's avatar, and no run of commands extends across one of them.
struct AvatarsAhead {
    private var avatars: ContiguousArray<Entity?> = []
    private var start = 0

    /// Commands in a batch: enough to overlap memory accesses, few enough to stay in the L1 cache.
    private static let limit = 64

    init() { avatars.reserveCapacity(Self.limit) }

    /// Looks up the run of commands that starts at `ordinal`, unless the current batch covers it.
    mutating func look(ahead inputs: [Input], at ordinal: Int, _ known: borrowing IDTable<Entity>) {
        guard ordinal >= start + avatars.count else { return }
        start = ordinal
        avatars.removeAll(keepingCapacity: true)
        while avatars.count < Self.limit, start + avatars.count < inputs.count, case .command(.session(let session), _, _, _) = inputs[start + avatars.count] {
            avatars.append(known[session])
        }
    }

    /// The avatar of the command at `ordinal`; nil when its session is not in the world, or the input is no command.
    subscript(ordinal: Int) -> Entity? { avatars.indices.contains(ordinal - start) ? avatars[ordinal - start] : nil }
}
