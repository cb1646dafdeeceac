import OrgeControl
import OrgeLink
package import OrgeSchema
import OrgeWorld

/// What a host is told at its start.
package struct HostSettings: Sendable {
    /// SHA-256 of the executable, in hexadecimal.
    package var codeID: String
    /// How many times this world was started on its journal.
    package var incarnation: UInt32
    /// What the replay of the tail cost, in nanoseconds and bytes: the next image is due the sooner.
    package var replayNanoseconds: UInt64 = 0
    package var replayBytes = 0
    /// The newest image's tick, 0 for none.
    package var imageTick: UInt64 = 0
    /// Bytes that copies of pages may take while an image is read; nil for as many as the state has.
    package var imagePoolBytes: Int?
    /// Bytes of records after which an image is due.
    package var imageBytes = HostLimits.replayBytes
    /// Nanoseconds for which a session without a connection stays in the world. It may differ from start to start: what it decides is logged.
    package var linger = HostLimits.linger
    /// Of the journal: images name it.
    package var lineage: UInt64 = 0
    /// The number of entities from which on an edge is sent only what its clients can see.
    package var largeWorld = HostLimits.largeWorld
    /// The host before failed in world code: the next image is due sooner.
    package var isAfterFault = false
    /// What the host before failed on in a tick that was not recorded: it may fail on it again, and then its tick must be recorded.
    package var suspect: FlightEntry?

    package init(codeID: String, incarnation: UInt32) {
        self.codeID = codeID
        self.incarnation = incarnation
    }
}

/// Seals, commits and releases the ticks of one world, and keeps the sessions of its clients. No clock, file or socket: events in, directives out.
///
/// A tick is sealed, handed to the journal, executed, held, and released when its record is durable; nothing leaves before. Everything that the
/// world or the sessions go by is in ``HostState`` and follows from the log. What is here besides is volatile: after a crash edges send it again.
package struct HostMachine: ~Copyable {
    package internal(set) var state: HostState
    let settings: HostSettings
    let schema: WorldSchema
    let document: [UInt8]
    /// By kind of command.
    let costs: [UInt16]
    var pacer: TickPacer
    var queue: InputQueue
    var waiting = WaitingLifecycle()
    var links = SortedMap<UInt64, EdgeLink>()
    var scopes: EdgeScopes
    /// Sealed, and not yet executed.
    var pending: (record: TickRecord, body: [UInt8])?
    /// Executed, and not yet released; oldest first.
    var held: [HeldTick] = []
    /// Released, and kept for edges that lack them; oldest first.
    var retained: RetainedTicks
    package internal(set) var releasedTick: UInt64
    /// All records through this one are durable.
    var durableTick: UInt64
    /// All through this one are on the disk, and durable unless the disk has lost earlier ones: an image may be published.
    var recordedTick: UInt64
    /// Of the event that is being handled.
    var lastTime: UInt64
    var releasedHash: UInt64
    /// Sessions without a connection in the order in which they lost it.
    var lingering: [Lingering] = []
    /// Edges that must come back until then.
    var edgeDeadlines = SortedMap<UInt64, UInt64>()
    /// The last that the supervisor sent; without one no edge is known to be gone.
    var roster: EdgeRoster?
    var images: ImagePolicy
    /// A last image could not be written. The journal has everything; to try again and again would only put off the end.
    var stopsWithoutImage = false
    var audits: AuditQueue
    var times = TickHistogram()
    var phase = Phase.running
    /// The disk has little room left.
    var isPaused = false
    /// While it lasts, a tick runs only when its record is durable.
    var care: Care?
    var lifts = WaitingLifts()
    var carriedOver: UInt64 = 0
    var commandsTaken: UInt64 = 0
    var violations: UInt64 = 0
    var directives: [HostDirective] = []

    enum Phase { case running, stopping, ended }

    /// What may fail in a tick to come.
    struct Care {
        let suspect: FlightEntry
        /// In nanoseconds.
        let deadline: UInt64
    }

    struct Lingering {
        var session: UInt64
        /// The tick in which it lost its connection.
        var since: UInt64
        /// For a fixed pace.
        var lastTick: UInt64
        /// For the others.
        var deadline: UInt64
    }

    /// - Parameters:
    ///   - state: with the journal's tail replayed.
    ///   - replayed: the last ticks of that, oldest first: for edges that lack only those.
    package init(_ state: consuming HostState, settings: HostSettings, replayed: RetainedTicks, now: UInt64) {
        schema = state.engine.schema
        document = schema.encoded()
        scopes = EdgeScopes(schema, threshold: settings.largeWorld)
        costs = schema.commands.map(\.cost)
        pacer = TickPacer(state.engine.pace, now: now)
        audits = AuditQueue(period: pacer.period, now: now)
        queue = InputQueue(quantum: UInt32(max(1, costs.max() ?? 1)))
        retained = replayed
        releasedTick = state.tick
        durableTick = state.tick
        recordedTick = state.tick
        lastTime = now
        releasedHash = state.stateHash
        images = ImagePolicy(
            tick: settings.imageTick, executed: settings.replayNanoseconds, bytes: settings.replayBytes,
            budget: settings.isAfterFault ? HostLimits.replayBudgetAfterFault : HostLimits.replayBudget, byteLimit: settings.imageBytes)
        care = settings.suspect.map { Care(suspect: $0, deadline: now + HostLimits.carefulNanoseconds) }
        if state.faults.hasRestraints, state.faults.code != hash64(settings.codeID.utf8) { lifts.add(.otherCode) }
        self.settings = settings
        self.state = state
        awaitEdges(now)
    }

    /// Every edge that the journal names gets the time to come back.
    private mutating func awaitEdges(_ now: UInt64) {
        for (edge, record) in state.table.edges where record.goneSince == nil { edgeDeadlines[edge] = now + HostLimits.edgeGrace }
        for session in state.table.sessions.values where session.isAttached { edgeDeadlines[session.attachment.edge] = now + HostLimits.edgeGrace }
        let detached = state.table.sessions.values.filter { !$0.isAttached }.sorted { ($0.detachedSince!, $0.number) < ($1.detachedSince!, $1.number) }
        for session in detached { linger(session.number, since: session.detachedSince!, now) }
    }

    /// - Parameter now: of a clock that never goes back, in nanoseconds.
    package mutating func handle(_ event: HostEvent, at now: UInt64) -> [HostDirective] {
        guard phase != .ended else { return [] }
        lastTime = max(lastTime, now)
        switch event {
        case .linkOpened(let link): open(link)
        case .frame(let link, let frame): receive(frame, from: link, now)
        case .badFrame(let link, let why): close(link, "not a frame: \(why)", now)
        case .linkClosed(let link): lost(link, now)
        case .edges(let roster): learn(roster)
        case .lift(let request, let target): lift(target, request)
        case .turn(let utc): turn(utc, now)
        case .execute: execute(now)
        case .beginImage: beginImage()
        case .stepAudits: stepAudits(lastTime)
        case .imageRead: imageRead()
        case .durable(let tick):
            release(through: tick)
            executeWhenRecorded()
            publishImage()
        case .imageWritten(let tick): images.written(tick)
        case .imageFailed(let failure): imageFailed(failure)
        case .pause: isPaused = true
        case .resume: isPaused = false
        case .imageNeeded(let tick): imageNeeded(recorded: tick)
        case .stop: if phase == .running { phase = .stopping }
        }
        if phase == .stopping { finishStopping() }
        defer { directives.removeAll() }
        return directives
    }

    mutating func end(_ last: HostDirective) {
        phase = .ended
        directives.append(last)
    }

    private mutating func finishStopping() {
        guard pending == nil, held.isEmpty, !images.isInFlight else { return }
        if images.tick == state.tick || stopsWithoutImage { return end(.stopped) }
        if !directives.contains(.beginImage) { directives.append(.beginImage) }
    }

    /// How long the last tick's execution took: for ``status`` and for the next image.
    package mutating func measured(tick nanoseconds: UInt64, at now: UInt64) {
        times.record(nanoseconds, at: now)
        images.executed += nanoseconds
    }

    /// How long a step of the audits took.
    /// - Returns: whether there is another one to be made at once.
    package mutating func measured(audits nanoseconds: UInt64) -> Bool {
        audits.spend(nanoseconds)
        return audits.mayStep
    }

    package func status(at now: UInt64) -> HostFigures {
        HostFigures(
            incarnation: settings.incarnation, tick: releasedTick, hash: releasedHash, entities: state.engine.entityCount,
            sessions: state.table.sessions.count, lateTicks: pacer.lateTicks, carriedOver: carriedOver, commands: commandsTaken, violations: violations,
            tickTimes: times.summary(at: now), images: images.figures, dilationPermille: pacer.dilationPermille, faults: state.faults.count)
    }
}
