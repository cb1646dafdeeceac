import OrgeLink
import OrgeSchema
import OrgeWorld

/// What of the world each edge is sent: all of it, or, in a large world whose clients see by distance, its ``EdgeInterest``.
///
/// Volatile: edges say in their hello which of the two they hold, and an interest follows from the state.
struct EdgeScopes: Sendable {
    private struct Scope: Sendable {
        /// The edge has monitors, which see everything.
        var wantsAll: Bool
        /// nil where the edge is sent everything.
        var interest: EdgeInterest?
        /// The state with which it began to be followed.
        let since: UInt64
    }

    private var edges = SortedMap<UInt64, Scope>()
    /// Only while an edge has an interest.
    private var cells: EntityCells?
    private let prototype: EntityCells?
    private let outer: Double
    /// The number of entities from which on a world is large.
    private let threshold: Int
    /// The last tick of which the rows were not kept for edges that are sent everything.
    private(set) var rowsLeftOut: UInt64 = 0

    init(_ schema: WorldSchema, threshold: Int) {
        prototype = EntityCells(schema)
        outer = schema.position?.outer ?? 0
        self.threshold = threshold
    }

    /// Whether an edge that does not ask for all of it is sent a part of this world.
    func cuts(_ state: borrowing HostState) -> Bool { prototype != nil && state.engine.entityCount >= threshold }

    /// Whether clients of this world see by distance, so that something can be left out.
    var canCut: Bool { prototype != nil }

    /// Whether it has said hello, and is not given up.
    func isKnown(_ edge: UInt64) -> Bool { edges[edge] != nil }

    /// Whether the edge is sent everything, as one is that is unknown.
    func isWhole(_ edge: UInt64) -> Bool { edges[edge]?.interest == nil }

    func wantsAll(_ edge: UInt64) -> Bool { edges[edge]?.wantsAll ?? false }

    /// The tick since which the edge's interest is followed; nil where it has none.
    func interestBegan(_ edge: UInt64) -> UInt64? { edges[edge].flatMap { $0.interest == nil ? nil : $0.since } }

    func interest(of edge: UInt64) -> EdgeInterest? { edges[edge]?.interest }

    mutating func want(all wantsAll: Bool, _ edge: UInt64) {
        _ = edges.update(edge) { $0.wantsAll = wantsAll }
    }

    /// From the state after the last tick on the edge is sent everything, or what its clients can see.
    mutating func begin(_ edge: UInt64, isWhole: Bool, wantsAll: Bool, _ state: borrowing HostState) {
        var interest: EdgeInterest?
        if !isWhole, let prototype {
            if cells == nil {
                cells = prototype
                cells?.fill(from: state.engine)
            }
            var begun = EdgeInterest()
            begun.fill(cells!, seen: seen(state)[edge] ?? [])
            interest = begun
        }
        edges[edge] = Scope(wantsAll: wantsAll, interest: interest, since: state.tick)
        dropCells()
    }

    /// The edge is given up.
    mutating func end(_ edge: UInt64) {
        edges[edge] = nil
        dropCells()
    }

    private mutating func dropCells() {
        if !edges.contains(where: { $1.interest != nil }) { cells = nil }
    }

    /// Whether the rows of ticks are kept for edges that are sent everything.
    private func keepsAll(_ state: borrowing HostState) -> Bool { !cuts(state) || edges.contains { $1.interest == nil } }

    /// A tick was executed.
    /// - Returns: its rows and events as they go to edges that are not sent everything, and whether its rows are needed for the others.
    mutating func follow(
        _ output: TickOutput, _ head: ReleaseHead, _ state: borrowing HostState
    ) -> (parts: [(edge: UInt64, frames: [[UInt8]])], keepsAll: Bool) {
        let keepsAll = keepsAll(state)
        if !keepsAll { rowsLeftOut = output.tick }
        guard var cells else { return ([], keepsAll) }
        self.cells = nil
        defer { self.cells = cells }
        cells.apply(output.changes)
        let seen = seen(state)
        var parts: [(edge: UInt64, frames: [[UInt8]])] = []
        for edge in Array(edges.keys) {
            let frames = edges.update(edge) { scope -> [[UInt8]]? in
                guard var interest = scope.interest else { return nil }
                scope.interest = nil
                defer { scope.interest = interest }
                return interest.frames(output, head, cells, seen: seen[edge] ?? [], state)
            }
            if let frames, let frames { parts.append((edge, frames)) }
        }
        return (parts, keepsAll)
    }

    /// The cells that the sessions of each edge with an interest see, those of lost connections included: they may come back.
    private func seen(_ state: borrowing HostState) -> SortedMap<UInt64, ContiguousArray<EdgeInterest.SeenCells>> {
        guard let side = prototype?.side else { return SortedMap() }
        var seen = SortedMap<UInt64, ContiguousArray<EdgeInterest.SeenCells>>()
        for (number, session) in state.table.sessions {
            guard let place = state.engine.place(of: session.avatar) else { continue }
            let cells = EdgeInterest.SeenCells(session: number, range: CellRange(around: place, radius: outer, side: side))
            let edge = session.attachment.edge
            if seen.update(edge, { $0.append(cells) }) == nil { seen[edge] = [cells] }
        }
        return seen
    }
}
