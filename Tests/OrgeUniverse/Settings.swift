/// A deliberate breakage: a universe with one of these must fail, or its assertions are worth nothing.
package enum Breakage: String, CaseIterable, Sendable {
    /// The host is told that a record is durable when it has only been handed over.
    case releaseBeforeDurable = "release-before-durable"
    /// Syncs of the journal's files do nothing.
    case ignoredSync = "ignored-sync"
    /// A command that an edge sends again is taken for a new one.
    case resendWithoutDedupe = "resend-without-dedupe"
    /// Now and then one changed row does not reach an edge's client.
    case lostRow = "lost-row"
    /// The supervisor tells hosts of a living edge that it has died.
    case wrongRoster = "wrong-roster"
    /// A host is not told what the one before failed on.
    case lostBlame = "lost-blame"
    /// A host does not see that its mark is gone, and goes on beside the host that has taken its journal.
    case ignoredMark = "ignored-mark"
}

/// What stands between clients and hosts.
package enum Front: String, CaseIterable, Sendable {
    /// The edge, with whole client conversations in front of it.
    case edge
    /// A script that speaks the link as an edge does.
    case script
}

package enum WorldChoice: String, CaseIterable, Sendable {
    case ledger, meadow
    /// One universe with both.
    case both
}

/// What one universe is made of; everything else follows from the seed.
package struct UniverseSettings: Sendable {
    package var seed: UInt64
    package var world: WorldChoice
    package var front: Front
    package var breakage: Breakage?
    /// Thousandths of the usual length.
    package var lengthPermille: UInt64
    /// Durable records are lost now and then.
    package var losesTails = false
    /// Locks do not hold: now and then another server's host starts on a world's folder.
    package var losesLocks = false
    /// Every tick runs twice, in a copied state, and processes are stopped and go on later.
    package var hunts = false
    /// Ledger fails on some of the commands that clients send. No other world does.
    package var isPoisoned = false
    package var isVerbose = false

    package init(
        seed: UInt64, world: WorldChoice = .ledger, front: Front = .edge, breakage: Breakage? = nil, lengthPermille: UInt64 = 1000, losesTails: Bool = false,
        hunts: Bool = false, isPoisoned: Bool = false, losesLocks: Bool = false
    ) {
        self.losesLocks = losesLocks || breakage == .ignoredMark
        self.isPoisoned = isPoisoned || breakage == .lostBlame
        self.losesTails = losesTails
        self.hunts = hunts
        self.seed = seed
        self.world = world
        self.front = front
        self.breakage = breakage
        self.lengthPermille = lengthPermille
    }

    /// How to run it again.
    package var command: String {
        var text = "swift run orge-universe --seed \(seed) --world \(world.rawValue) --front \(front.rawValue)"
        if let breakage { text += " --break \(breakage.rawValue)" }
        if losesTails { text += " --lose-tails" }
        if losesLocks, breakage != .ignoredMark { text += " --lose-locks" }
        if hunts { text += " --hunt" }
        if isPoisoned { text += " --poison" }
        if lengthPermille != 1000 { text += " --length \(lengthPermille)" }
        return text
    }
}

/// The first broken promise of a universe.
package struct BrokenPromise: Error, Sendable, CustomStringConvertible {
    package var settings: UniverseSettings
    /// Nanoseconds of the universe's clock.
    package var time: UInt64
    package var what: String

    package var description: String { "at \(time / 1_000_000) ms: \(what)\n    again: \(settings.command)" }
}

/// What happened in a universe.
package struct UniverseReport: Equatable, Sendable {
    package var sent = 0
    package var applied = 0
    package var refused = 0
    package var unknown = 0
    /// Known not to have run: the session had ended, or the timeline changed.
    package var notRun = 0
    /// Lost connections after which a client went on with its session, sessions that had ended meanwhile, and commands sent again.
    package var resumed = 0
    /// Of these, with the view that the client had.
    package var continued = 0
    package var ended = 0
    package var resent = 0
    package var ticks: UInt64 = 0
    package var hostDeaths = 0
    /// Those of them in the world's code.
    package var faults = 0
    package var edgeDeaths = 0
    package var linksLost = 0
    package var clientsLost = 0
    package var hostStops = 0
    package var audits = 0
    package var auditedRows = 0
    /// Audits that a host had no time for.
    package var auditsBusy = 0
    package var checkedRows = 0
    /// Views whose number of a consumed intent was checked.
    package var intents = 0
    package var events = 0
    package var hostile = 0
    package var lostTails = 0
    /// Hosts of a second server that started on a folder in use; then, of either, those that ended because the other had the journal: when they were at work,
    /// and at their start.
    package var secondHosts = 0
    package var fencedHosts = 0
    package var refusedHosts = 0
    /// Groups of records that a full disk had no room for.
    package var shortages = 0
    /// Groups of records for which a new segment was needed.
    package var diskErrors = 0
    /// Processes that were stopped for a while.
    package var pauses = 0
    /// Clients that were told of a change of the timeline.
    package var timelineChanges = 0
    package var milliseconds: UInt64 = 0
    /// Planned deaths of hosts, by ``CrashPoint``.
    package var deaths = CrashPoint.allCases.map { _ in 0 }
    /// Those of them in which the disk lost what was not synced.
    package var powerCuts = CrashPoint.allCases.map { _ in 0 }
    /// Of everything that happened, in order: two runs of a seed agree in it.
    package var trace: UInt64 = 0

    package init() {}

    package static func + (a: UniverseReport, b: UniverseReport) -> UniverseReport {
        var sum = a
        for path in paths { sum[keyPath: path] += b[keyPath: path] }
        for point in sum.deaths.indices {
            sum.deaths[point] += b.deaths[point]
            sum.powerCuts[point] += b.powerCuts[point]
        }
        sum.ticks += b.ticks
        sum.milliseconds += b.milliseconds
        sum.trace ^= b.trace
        return sum
    }

    private static var paths: [WritableKeyPath<UniverseReport, Int>] {
        [
            \.sent, \.applied, \.refused, \.unknown, \.notRun, \.resumed, \.continued, \.ended, \.resent, \.hostDeaths, \.faults, \.edgeDeaths, \.linksLost,
            \.clientsLost,
            \.hostStops, \.audits, \.auditedRows, \.auditsBusy,
            \.checkedRows, \.intents, \.events, \.hostile, \.lostTails, \.secondHosts, \.fencedHosts, \.refusedHosts, \.shortages, \.diskErrors, \.pauses,
            \.timelineChanges,
        ]
    }
}
