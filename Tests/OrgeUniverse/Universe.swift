import OrgeSchema

/// A whole universe in one process: hosts, edges, clients, links and disks, stepped from one seed. No thread, no clock, no socket.
package final class Universe {
    let settings: UniverseSettings
    let agenda = Agenda()
    let verdict: Verdict
    var random: RandomSource
    var weather: Weather
    private(set) var folders: [WorldFolder] = []
    private(set) var supervisor: SimulatedSupervisor!
    var edges: [EdgeProcess] = []
    var scripts: [ScriptedEdge] = []
    var clients: [SimulatedClient] = []
    var hostiles: [HostileClient] = []
    /// Faults have stopped, and what was begun is to be finished.
    private(set) var isEnding = false
    /// A process that stops from now on is not started again.
    private(set) var isClosing = false
    private var avatars: [[Entity]] = []
    private var utcOffset: UInt64 = 1_767_225_600_000
    private var wireCount: UInt64 = 0

    /// The secret of the development mode.
    static let token = [UInt8](repeating: 0x5a, count: 16)
    /// Nanoseconds of the universe that everything may take to come to rest, once nothing breaks any more: lingers, handshakes, retries and
    /// idle limits are all below.
    private static let patience = 40 * Weather.second

    /// - Parameter tamper: a control of a universe that hunts (``Hunter``).
    package static func run(_ settings: UniverseSettings, tamper: Hunter.Tamper? = nil) -> Result<UniverseReport, BrokenPromise> {
        let universe = Universe(settings, tamper)
        universe.build()
        universe.play()
        if let failure = universe.verdict.failure { return .failure(failure) }
        universe.verdict.report.milliseconds = universe.agenda.now / Weather.millisecond
        return .success(universe.verdict.report)
    }

    private init(_ settings: UniverseSettings, _ tamper: Hunter.Tamper?) {
        self.settings = settings
        verdict = Verdict(agenda, settings, tamper)
        random = RandomSource(seed: mix64(settings.seed) ^ hash64("\(settings.world) \(settings.front)".utf8))
        weather = Weather(seed: random.next())
    }

    private func build() {
        supervisor = SimulatedSupervisor(self, seed: random.next())
        for world in WorldCase.cases(settings.world, seed: random.next(), isPoisoned: settings.isPoisoned) {
            var random = RandomSource(seed: random.next())
            let folder = WorldFolder(self, world, diskSeed: random.next())
            folder.add(HostProcess(self, folder, name: world.name, random: random))
            folders.append(folder)
            avatars.append([])
        }
        for host in hosts { host.comeBack(after: weather.between(0, 20 * Weather.millisecond)) }
        populate()
    }

    /// A storm, then peace; then everything must come to rest; then an orderly end.
    private func play() {
        planFault()
        if settings.hunts { planPause() }
        run(for: weather.between(2, 10) * Weather.second * settings.lengthPermille / 1000) { false }
        guard verdict.failure == nil else { return }
        calm()
        guard comesToRest("it does not come to rest") else { return }
        guard tryTwins() else { return }
        end()
    }

    private func calm() {
        verdict.note("no more faults")
        isEnding = true
        weather.diskStall = 0
        for host in allHosts {
            host.planned = nil
            host.failsNextSync = false
            host.mendDisk()
        }
        for script in scripts { script.calm() }
        for client in clients { client.isCalm = true }
        for hostile in hostiles { hostile.calm() }
    }

    func comesToRest(_ what: String) -> Bool {
        let isAtRest = run(for: Self.patience) { [self] in unfinished == nil }
        verdict.expect(isAtRest || verdict.failure != nil, "\(what): \(unfinished ?? "")")
        return verdict.failure == nil
    }

    private var unfinished: String? {
        if let host = allHosts.first(where: { !$0.isRunning }) { return "\(host.name) is away" }
        if let folder = folders.first(where: \.isShared) { return "two hosts use \(folder.world.name)" }
        if edges.contains(where: { !$0.hasLinks }) { return "an edge is away" }
        return scripts.lazy.compactMap(\.unfinished).first ?? clients.lazy.compactMap(\.unfinished).first
    }

    private func end() {
        isClosing = true
        for host in hosts { host.stop() }
        let isOver = run(for: Self.patience) { [self] in hosts.allSatisfy(\.isStopped) }
        verdict.expect(isOver || verdict.failure != nil, "a host does not stop")
        run(for: 2 * Weather.second) { false }
        guard verdict.failure == nil else { return }
        for host in hosts { host.judge.checkEnd() }
        for script in scripts { script.checkRows() }
        for client in clients { client.checkEnd() }
        checkOnlyHostile()
        for edge in edges { edge.stop() }
        let isEmpty = run(for: 5 * Weather.second) { [self] in edges.allSatisfy { $0.hasStopped || !$0.isAlive } }
        verdict.expect(isEmpty || verdict.failure != nil, "an edge does not stop")
        run(for: Weather.second) { false }
        for client in clients { client.giveUp() }
        let report = verdict.report
        guard settings.front == .edge, verdict.failure == nil else { return }
        verdict.expect(
            report.sent == report.applied + report.refused + report.unknown + report.notRun,
            "\(report.sent) sent, \(report.applied) applied, \(report.refused) refused, \(report.unknown) unknown, \(report.notRun) not run")
    }

    /// Lets things happen until then, or until `isDone`.
    /// - Returns: whether it was done.
    @discardableResult
    func run(for time: UInt64, until isDone: () -> Bool) -> Bool {
        let end = agenda.now + time
        while verdict.failure == nil {
            if isDone() { return true }
            guard let next = agenda.nextTime, next <= end else { return false }
            agenda.step()
        }
        return false
    }

    // MARK: Shared knowledge

    /// The one of each world that clients and edges reach.
    var hosts: [HostProcess] { folders.map { $0.host } }
    /// All of them.
    var allHosts: [HostProcess] { folders.flatMap(\.hosts) }

    func wire(_ delay: @escaping () -> UInt64) -> Wire {
        wireCount += 1
        return Wire(agenda, number: wireCount, seed: random.next(), delay: delay)
    }

    /// A wall clock, which is set back now and then.
    var utcMilliseconds: UInt64 {
        if random.chance(1, outOf: 500) { utcOffset -= UInt64(random.below(2_000)) }
        return utcOffset + agenda.now / Weather.millisecond
    }

    private func index(of world: WorldCase) -> Int { folders.firstIndex { $0.world.number == world.number }! }

    func saw(_ avatar: Entity, in world: WorldCase) {
        let index = index(of: world)
        if !avatars[index].contains(avatar) { avatars[index].append(avatar) }
    }

    /// Lets a generator name any avatar of any client so far.
    func show(_ generator: inout CommandGenerator, of world: WorldCase) {
        for avatar in avatars[index(of: world)].dropFirst(generator.seen.count) { generator.see(avatar) }
    }

    /// Whether another client is in the world under the same name.
    func hasTwin(_ client: SimulatedClient) -> Bool {
        clients.contains { $0 !== client && $0.name == client.name && $0.folder === client.folder && $0.isJoined }
    }

    /// A host closed a link: it may do so when the edge has a newer one or lags far, and for no other reason.
    func hostClosed(_ why: String, _ world: WorldCase) {
        let isFine = why == "the edge has a newer link" || why.hasSuffix("ticks behind")
        verdict.expect(isFine, "\(world.name) closed a link: \(why)")
    }
}
