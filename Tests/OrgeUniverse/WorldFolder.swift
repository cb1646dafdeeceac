import OrgeSchema
import OrgeSimulatedDisk

/// The folder of one world: its disk, the hosts that use it, and what is true of the world. Normally one host uses it; where locks do not hold
/// (``UniverseSettings/losesLocks``) another server's host may do so at the same time, until one of the two is fenced.
final class WorldFolder {
    private unowned let universe: Universe
    let world: WorldCase
    let disk: SimulatedStorage
    /// What is true on each timeline of the world; the last one is that of its journal.
    private(set) var timelines: [Judge]
    /// One host, or two. The first has served the world for longer, or is to serve it.
    private(set) var hosts: [HostProcess] = []
    /// The one that began last: its socket is the one in the folder.
    private(set) unowned var host: HostProcess!
    /// The disk fails, or is about to; true until a new segment or the next start goes well.
    var isDiskFailing = false
    /// Another program has filled the disk.
    var isDiskFull = false

    init(_ universe: Universe, _ world: WorldCase, diskSeed: UInt64) {
        self.universe = universe
        self.world = world
        disk = SimulatedStorage(seed: diskSeed)
        timelines = [Judge(world, universe.verdict)]
    }

    // MARK: What is true

    var judge: Judge { timelines[timelines.count - 1] }
    func judge(of incarnation: UInt32) -> Judge { timelines.last { $0.firstIncarnation <= UInt64(incarnation) } ?? timelines[0] }

    /// The disk lost what is after this tick.
    func fork(after tick: UInt64) { timelines.append(Judge(world, universe.verdict, after: judge, tick: tick)) }

    /// The last tick that a timeline shares with the newest one.
    func shared(by timeline: Judge, with newer: Judge) -> UInt64 {
        guard let old = timelines.firstIndex(where: { $0 === timeline }), let new = timelines.firstIndex(where: { $0 === newer }), old < new else {
            return .max
        }
        return timelines[(old + 1)...new].map(\.forkedAfter).min() ?? .max
    }

    /// The last tick through which two timelines hold the same records: a lost tick that ran again in the same way is the same history, and no
    /// client has to be told.
    func sameHistory(of timeline: Judge, and newer: Judge) -> UInt64 {
        var last = shared(by: timeline, with: newer)
        guard last < .max else { return last }
        while let record = timeline.records[last + 1], record == newer.records[last + 1] { last += 1 }
        return last
    }

    // MARK: Hosts

    func add(_ newcomer: HostProcess) {
        if hosts.isEmpty { host = newcomer }
        hosts.append(newcomer)
    }

    /// Whether two servers use the folder.
    var isShared: Bool { hosts.count > 1 }

    /// The host that uses the folder beside this one.
    func other(than host: HostProcess) -> HostProcess? { hosts.first { $0 !== host } }

    /// - Returns: whether a host listens at the folder's socket.
    func accept(_ wire: Wire) -> Bool { host.accept(wire) }

    /// A host binds the socket; one that was there before keeps the connections that it has.
    func listens(_ newest: HostProcess) { host = newest }

    /// An edge has lost a link that it got at this time: since when the host that it reaches next may have missed it. That one may have begun while
    /// the edge was linked to the host before it.
    func missedFrom(_ connected: UInt64) -> UInt64 { host.beganAt > connected ? min(host.beganAt, universe.agenda.now) : universe.agenda.now }

    /// A host ends for good, because the other has the journal.
    func fenced(_ loser: HostProcess, _ why: String) {
        guard let winner = other(than: loser) else { return judge.fail("the only host of the folder is fenced: \(why)") }
        universe.verdict.note("\(loser.name) is fenced, \(winner.name) goes on: \(why)")
        hosts.removeAll { $0 === loser }
        if host === loser { host = winner }
    }
}
