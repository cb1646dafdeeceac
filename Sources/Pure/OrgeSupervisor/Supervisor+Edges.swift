import OrgeControl

/// What edges alone need: to be told of worlds, to be known to hosts, slots for their clients.
extension Supervisor {
    /// The id of the edge's process, which is told to it when it is started.
    /// - Precondition: the edge has been spawned.
    package func edgeID(_ index: Int) -> UInt64 {
        precondition(edgeReports[index].ordinal > 0, "an edge that was never started")
        return EdgeRoster.id(start: plan.start, ordinal: edgeReports[index].ordinal)
    }

    private var roster: EdgeRoster {
        let alive = edges.indices.filter { edges[$0].isAlive }.map { edgeReports[$0].ordinal }
        return EdgeRoster(start: plan.start, last: lastEdge, alive: alive.sorted())
    }

    mutating func tellEdges(_ message: SupervisorMessage) {
        for index in edges.indices where edges[index].pid != nil { out.append(.tell(.edge(index), message)) }
    }

    /// A host knows the edges of before from its journal. It is told when it is ready, because it reads nothing while it replays.
    mutating func tellEdges(to host: Child) { out.append(.tell(host, .edges(roster))) }

    mutating func edgeStarted(_ index: Int) {
        slots.started(index)
        // Before it is ready: it waits for every world that may still come.
        for (name, world) in zip(plan.worlds, worlds) where world.state == .failed { out.append(.tell(.edge(index), .worldFailed(name: name))) }
    }

    /// Its clients are gone: names that they had are free, slots too.
    mutating func edgeEnded(_ index: Int, now: UInt64) {
        edgeReports[index].clear()
        for host in hosts where self[host].isReady { tellEdges(to: host) }
        obey(slots.ended(index, now: now))
    }

    mutating func edgeReady(_ index: Int, _ address: String, now: UInt64) {
        edges[index].becomeReady(now: now)
        edges[index].progress()
        edgeReports[index].address = address
    }

    mutating func slotsNeeded(_ count: UInt32, by index: Int, now: UInt64) {
        guard let decisions = slots.needed(count, by: index, now: now) else {
            return broken(.edge(index), "it asked for slots out of place on its control channel")
        }
        obey(decisions)
    }

    mutating func slotsReturned(_ count: UInt32, by index: Int, now: UInt64) {
        guard let decisions = slots.returned(count, by: index, now: now) else {
            return broken(.edge(index), "it gave back slots out of place on its control channel")
        }
        obey(decisions)
    }

    mutating func obey(_ decisions: [SlotLedger.Decision]) {
        if case .stopping = phase { return }  // no client is to be admitted
        for decision in decisions {
            switch decision {
            case .grant(let edge, let count): out.append(.tell(.edge(edge), .slots(count: UInt32(count))))
            case .recall(let edge, let count): out.append(.tell(.edge(edge), .recallSlots(count: UInt32(count))))
            }
        }
    }
}
