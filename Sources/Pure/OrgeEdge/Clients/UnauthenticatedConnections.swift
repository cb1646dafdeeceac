/// Connections that have not logged in, in the order in which they came.
///
/// Entries are removed lazily: stale ones are skipped when the oldest is requested, so that a login or a close costs no search.
struct UnauthenticatedConnections {
    private var queue = ContiguousArray<ConnectionID>()
    /// Entries before it are stale.
    private var head = 0
    /// The most entries that are not stale; four times as many are kept at most.
    private let limit: Int

    /// - Precondition: `limit > 0`.
    init(limit: Int) {
        precondition(limit > 0, "a bound that admits no connection")
        self.limit = limit
    }

    /// - Parameter isUnauthenticated: whether an earlier entry is still unauthenticated.
    mutating func append(_ id: ConnectionID, _ isUnauthenticated: (ConnectionID) -> Bool) {
        queue.append(id)
        guard queue.count > 4 * limit else { return }
        queue = ContiguousArray(queue[head...].filter(isUnauthenticated))
        head = 0
    }

    /// Whether there is no entry, not even a stale one.
    var isEmpty: Bool { head == queue.count }

    func count(where isUnauthenticated: (ConnectionID) -> Bool) -> Int { queue[head...].count(where: isUnauthenticated) }

    /// Removes and returns the oldest entry that is not stale.
    mutating func removeOldest(_ isUnauthenticated: (ConnectionID) -> Bool) -> ConnectionID? {
        while head < queue.count {
            let id = queue[head]
            head += 1
            if isUnauthenticated(id) { return id }
        }
        return nil
    }
}
