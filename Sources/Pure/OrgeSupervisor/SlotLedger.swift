/// How many clients each edge may admit, so that all together never admit more than the server's limit.
///
/// A *slot* is the right to have one client logged in. An edge that has none left asks; it is granted a block while slots are free. When none are,
/// the other edges are asked to give back what no client uses, and the one that asked gets that, or the answer 0: the server is full. The oldest
/// request is served first. Slots on their way to an edge count as granted, those on their way back too, so the sum of what edges hold never
/// exceeds the limit. An edge's slots come back with the end of its process.
///
/// An edge that does not answer within the patience (it is stopped, or hangs) is not waited for until it answers.
package struct SlotLedger: Equatable, Sendable {
    package enum Decision: Equatable, Sendable {
        /// The answer to the edge's request; 0: no slot is free.
        case grant(edge: Int, count: Int)
        /// The edge is to give back up to so many unused slots, and to say how many.
        case recall(edge: Int, count: Int)
    }

    struct Account: Equatable, Sendable {
        var isAlive = false
        var granted = 0
        /// Asked back, and not answered yet; 0 for nothing.
        var recalled = 0
        /// Its answer is overdue.
        var isLate = false
    }

    struct Request: Equatable, Sendable {
        var edge: Int
        var count: Int
        /// The other edges were asked on its behalf.
        var hasRecalled = false
    }

    package let limit: Int
    /// How many are granted at a time while there are enough: few round trips with the supervisor, and few slots that lie idle elsewhere.
    let block: Int
    private(set) var free: Int
    private(set) var accounts: [Account]
    /// Oldest first; at most one of each edge.
    private(set) var requests: [Request] = []
    /// When edges that were asked and have not answered are late.
    package private(set) var deadline: UInt64?
    private var out: [Decision] = []

    /// Nanoseconds. An edge answers within a turn of its loop, a few milliseconds; a login waits at the most this long for a slot.
    static let patience: UInt64 = 500_000_000

    /// - Parameters:
    ///   - limit: clients of the whole server, at least 1.
    ///   - edges: at least 1. A single one is granted everything with its first request.
    package init(limit: Int, edges: Int) {
        precondition(limit >= 1 && edges >= 1, "no slots, or no edge for them")
        self.limit = limit
        block = edges == 1 ? limit : max(1, min(64, limit / (4 * edges)))
        free = limit
        accounts = (0..<edges).map { _ in Account() }
    }

    package func granted(_ edge: Int) -> Int { accounts[edge].granted }

    /// A process of the edge has started; it has no slots.
    package mutating func started(_ edge: Int) {
        precondition(accounts[edge] == Account(), "an edge started twice")
        accounts[edge].isAlive = true
    }

    /// The process has ended, and with it all its clients' connections.
    package mutating func ended(_ edge: Int, now: UInt64) -> [Decision] {
        free += accounts[edge].granted
        accounts[edge] = Account()
        requests.removeAll { $0.edge == edge }
        return serve(now)
    }

    /// The edge asks for slots.
    /// - Returns: nil when it may not: its last request is not answered, or it asks for none.
    package mutating func needed(_ count: UInt32, by edge: Int, now: UInt64) -> [Decision]? {
        guard accounts[edge].isAlive, count > 0, !requests.contains(where: { $0.edge == edge }) else { return nil }
        requests.append(Request(edge: edge, count: min(Int(count), limit)))
        return serve(now)
    }

    /// The edge gives slots back, as it was asked to.
    /// - Returns: nil when it was not asked, or gives back more than it was asked for.
    package mutating func returned(_ count: UInt32, by edge: Int, now: UInt64) -> [Decision]? {
        let account = accounts[edge]
        guard account.recalled > 0, Int(count) <= account.recalled, Int(count) <= account.granted else { return nil }
        free += Int(count)
        accounts[edge].granted -= Int(count)
        accounts[edge].recalled = 0
        accounts[edge].isLate = false
        return serve(now)
    }

    package mutating func deadlinePassed(now: UInt64) -> [Decision] {
        guard let deadline, now >= deadline else { return [] }
        for edge in accounts.indices where accounts[edge].recalled > 0 { accounts[edge].isLate = true }
        return serve(now)
    }

    private mutating func serve(_ now: UInt64) -> [Decision] {
        while let request = requests.first {
            if free == 0 {
                if !request.hasRecalled { recall(for: request, now) }
                if awaitsReturns(for: request.edge) { break }
            }
            requests.removeFirst()
            let count = min(free, max(request.count, block))
            free -= count
            accounts[request.edge].granted += count
            out.append(.grant(edge: request.edge, count: count))
        }
        if requests.isEmpty { deadline = nil }
        checkInvariants()
        defer { out = [] }
        return out
    }

    private mutating func recall(for request: Request, _ now: UInt64) {
        requests[0].hasRecalled = true
        deadline = now + Self.patience
        for edge in accounts.indices where edge != request.edge && accounts[edge].granted > 0 && accounts[edge].recalled == 0 {
            accounts[edge].recalled = request.count
            out.append(.recall(edge: edge, count: request.count))
        }
    }

    private func awaitsReturns(for edge: Int) -> Bool {
        accounts.indices.contains { $0 != edge && accounts[$0].recalled > 0 && !accounts[$0].isLate }
    }

    func checkInvariants() {
        precondition(free >= 0 && free + accounts.reduce(0) { $0 + $1.granted } == limit, "slots were lost or made")
        precondition(accounts.allSatisfy { $0.isAlive || $0 == Account() }, "a dead edge has slots")
        precondition(requests.isEmpty || deadline != nil, "a request that nothing will answer")
    }
}
