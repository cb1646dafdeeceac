package import OrgeControl
package import OrgeSchema

/// One of the processes that are watched.
package enum Child: Equatable, Sendable {
    /// The host of the world of this name.
    case host(String)
    /// The edge with this index, 0 up to the plan's count.
    case edge(Int)
    /// Development mode: the bots that populate the worlds. They report that they live, and nothing else.
    case bots
}

/// What is to run.
package struct SupervisionPlan: Equatable, Sendable {
    /// Names of the worlds, one host each; at least one, all different.
    package var worlds: [String]
    /// Edges, 1...``OrgeControl/EdgeRoster/edgesLimit``.
    package var edges: Int
    /// Clients that all edges together may have logged in.
    package var clientLimit: Int
    /// Names this supervisor in the ids of its edges; drawn at random, not 0.
    package var start: UInt32
    package var hasBots: Bool
    /// Development mode: a client may have a world's process killed.
    package var allowsKill: Bool
    package var silence: SilencePolicy
    package var blame: BlamePolicy
    /// By world: how many stretches of its journal other code has to run before it is served; none where the list is shorter.
    package var settles: [Int]

    package init(
        worlds: [String], edges: Int = 1, clientLimit: Int = 1_000, start: UInt32 = 1, hasBots: Bool = false, allowsKill: Bool = false,
        silence: SilencePolicy = SilencePolicy(), blame: BlamePolicy = BlamePolicy(), settles: [Int] = []
    ) {
        self.worlds = worlds
        self.edges = edges
        self.clientLimit = clientLimit
        self.start = start
        self.hasBots = hasBots
        self.allowsKill = allowsKill
        self.silence = silence
        self.blame = blame
        self.settles = settles
    }
}

package enum SupervisorEvent: Equatable, Sendable {
    /// Answers to ``SupervisorDirective/spawn(_:)``; exactly one of them follows each.
    case started(Child, pid: Int32)
    case startRefused(Child, reason: String)
    /// A message on the child's control channel.
    case reported(Child, ChildMessage)
    /// The child closed its control channel or said what it may not say; nothing more will be reported of this process.
    case broken(Child, reason: String)
    /// The process has ended and is reaped. `lastWords` are the last lines of its standard error, if any.
    case exited(Child, ChildEnd, lastWords: String, remains: Remains = Remains())
    /// A look at the recorder of a world's living host, and the processor time in nanoseconds that its thread has used.
    case sampled(name: String, FlightReading, processorTime: UInt64)
    /// The answer to ``SupervisorDirective/examine(name:_:isAwaited:)``: the blame, with the entity where one was found.
    case examined(name: String, Blame)
    /// An operator lifts measures against faults of a world. Answered once, by ``SupervisorDirective/answerLift(request:_:)``.
    /// - Parameter request: a number that is not used twice.
    case liftRequested(request: UInt32, world: String, LiftTarget)
    /// ``Supervisor/deadline`` has come.
    case deadlinePassed
    /// SIGTERM, SIGINT or SIGHUP. The second one means: at once.
    case stopRequested
}

package enum Termination: Equatable, Sendable {
    /// SIGTERM: end in order.
    case request
    /// SIGKILL.
    case kill
}

package enum SupervisorDirective: Equatable, Sendable {
    case spawn(Child)
    case signal(Child, Termination)
    case tell(Child, SupervisorMessage)
    /// Run the blamed tick again in a process of its own, and keep what it says. Every one is answered once.
    /// - Parameter isAwaited: the world is not started before the answer.
    case examine(name: String, Blame, isAwaited: Bool)
    case answerLift(request: UInt32, LiftAnswer)
    /// Everything is ready, for the first and only time.
    case announceReady
    case notify(Notice)
    /// Every child has ended; the last directive ever.
    case exit(code: Int32, message: String?)
}

/// What the operator is told.
package enum Notice: Equatable, Sendable {
    /// - Parameter afterNanoseconds: until it is started again.
    case restarting(Child, why: String, afterNanoseconds: UInt64)
    /// A child that had died is ready again.
    case back(Child)
    /// Given up: it died too often without getting anywhere.
    case worldFailed(name: String, why: String)
    /// Given up: another host has its journal.
    case fenced(name: String, why: String)
    /// The start takes long; these are not ready yet.
    case stillWaiting([Child])
    case killing(name: String)
    case killRefused(name: String)
    /// It has not reported for ``SilencePolicy/silentAfter``.
    /// - Parameter limitNanoseconds: since its last report, when it is to be killed; nil: never.
    case silent(Child, limitNanoseconds: UInt64?)
    /// A silent child has reported again.
    case responds(Child, afterNanoseconds: UInt64)
    /// Work of the world's code has ended its host, and is not to run again.
    case blamed(name: String, Blame)
    /// Work has used more processor time or memory than it may, for the first time.
    case suspected(name: String, FlightEntry)
    /// A tick uses much processor time, none of its inputs too much.
    case slowTick(name: String, tick: UInt64)
    /// It did not end when asked to, and is killed.
    case overdue(Child)
    /// Other code has run its part of the world's journal.
    /// - Parameter left: parts that are still to be run.
    case settled(name: String, left: Int)
}

/// When to start a dead child again, and when not to any more. All times in nanoseconds.
package struct RestartPolicy: Equatable, Sendable {
    /// Before the first, second, … start in a row of deaths; the last one holds from there on. At once, because most deaths
    /// are single; five seconds, because a broken disk is not mended sooner and a start may cost a replay.
    package var delays: [UInt64] = [0, 100_000_000, 700_000_000, 5_000_000_000]
    /// Between two starts of a host that finds the disk full or failing: soon enough for a person who frees some room, rare enough for a start that
    /// replays half a second.
    package var diskDelay: UInt64 = 1_000_000_000
    /// Deaths in a row, without a released tick between them, after which a world is given up. Only those count that the child's own code causes
    /// (``DeathCause/fault``).
    package var deathLimit = 5
    /// A child that was ready this long and got somewhere begins the delays from the first again. Without the
    /// time, a child that dies right after each start, with one released tick each time, would never wait.
    package var steadyLife: UInt64 = 500_000_000
    /// A host that was ready this long is not dying in a row either, even if no tick was released: a world on demand
    /// without visitors releases none.
    package var idleLife: UInt64 = 10_000_000_000
    /// From SIGTERM to SIGKILL. A host may write a last image; an edge has only its clients to tell.
    package var hostStopPatience: UInt64 = 10_000_000_000
    package var edgeStopPatience: UInt64 = 3_000_000_000
    /// From SIGKILL to giving up on a process that the kernel does not end (a hung disk); its lifeline gets it later.
    package var killPatience: UInt64 = 5_000_000_000
    /// How often a start that takes long is remarked on. It is not cut short: replaying a long journal takes its time.
    package var startReminder: UInt64 = 10_000_000_000

    package init() {}
}
