import OrgeSchema

/// The avatars of the next few commands, looked up together: looked up one by one, each would wait for memory on its own.
///
/// Only arrivals, resumptions and departures change who has which avatar, and no stretch of commands reaches over one of those.
struct AvatarsAhead {
    private var avatars: ContiguousArray<Entity?> = []
    private var start = 0

    /// Commands in a stretch: as many as keep memory busy, and few enough to stay in the first cache.
    private static let limit = 64

    init() { avatars.reserveCapacity(Self.limit) }

    /// Looks a stretch up that begins at `ordinal`, when the last one ends before it.
    mutating func look(ahead inputs: [Input], at ordinal: Int, _ known: borrowing IDTable<Entity>) {
        guard ordinal >= start + avatars.count else { return }
        start = ordinal
        avatars.removeAll(keepingCapacity: true)
        while avatars.count < Self.limit, start + avatars.count < inputs.count, case .command(let session, _, _, _) = inputs[start + avatars.count] {
            avatars.append(known[session])
        }
    }

    /// The avatar of the command at `ordinal`; nil when its session is not in the world, or the input is no command.
    subscript(ordinal: Int) -> Entity? { avatars.indices.contains(ordinal - start) ? avatars[ordinal - start] : nil }
}
