/// When an image is due, and how far the one in progress has come.
///
/// Often enough that a restart repeats little, seldom enough that it costs little. One image is in progress at most: it is *read* while ticks run,
/// then waits until the log is durable through its tick, then is *published* under its name.
struct ImagePolicy: Sendable {
    private enum Stage {
        case reading(tick: UInt64, since: UInt64)
        case read(tick: UInt64)
        case publishing
    }

    /// Of the newest image.
    private(set) var tick: UInt64
    /// Nanoseconds of execution since then.
    var executed: UInt64
    /// Bytes of records since then.
    var bytes: Int
    private let byteLimit: Int
    /// Nanoseconds that the last one took to be read.
    private(set) var cost: UInt64 = 0
    private var stage: Stage?
    /// Images given up one after the other because too many pages changed while they were read.
    private var lostInARow = 0
    /// No tick is sealed until the image is read.
    private(set) var stopsWorld = false
    private(set) var figures = ImageFigures()
    /// Nanoseconds of execution after which an image is due.
    private let budget: UInt64

    /// - Parameter byteLimit: of records, after which an image is due.
    init(tick: UInt64, executed: UInt64, bytes: Int, budget: UInt64 = HostLimits.replayBudget, byteLimit: Int = HostLimits.replayBytes) {
        self.budget = budget
        self.byteLimit = byteLimit
        self.tick = tick
        self.executed = executed
        self.bytes = bytes
        figures.tick = tick
    }

    var isInFlight: Bool { stage != nil }

    var isReading: Bool { if case .reading = stage { true } else { false } }

    var isDue: Bool {
        guard stage == nil else { return false }
        return bytes >= byteLimit || executed >= max(budget, cost * HostLimits.imageShare)
    }

    /// - Parameter now: in nanoseconds.
    mutating func began(_ tick: UInt64, at now: UInt64) {
        stage = .reading(tick: tick, since: now)
        executed = 0
        bytes = 0
        stopsWorld = lostInARow >= HostLimits.imagesLostInARow
        if stopsWorld { figures.stopped += 1 }
    }

    /// All pages are read.
    mutating func read(at now: UInt64) {
        guard case .reading(let tick, let since) = stage else { preconditionFailure("an image is read that did not begin") }
        stage = .read(tick: tick)
        cost = now - min(since, now)
        stopsWorld = false
        lostInARow = 0
    }

    /// The tick of an image that may be published now, once.
    mutating func publishable(durable: UInt64) -> UInt64? {
        guard case .read(let tick) = stage, tick <= durable else { return nil }
        stage = .publishing
        return tick
    }

    mutating func written(_ tick: UInt64) {
        self.tick = tick
        figures.tick = tick
        stage = nil
    }

    mutating func failed(_ failure: ImageFailure) {
        stage = nil
        stopsWorld = false
        switch failure {
        case .tooManyChanges:
            lostInARow += 1
            figures.lost += 1
            figures.trouble = "too many pages changed while an image was read"
        case .storage(let why):
            figures.failed += 1
            figures.trouble = why
        }
    }
}

/// Why an image was not written. The image before it stays the newest.
package enum ImageFailure: Equatable, Sendable {
    /// More pages changed while it was read than the pool for copies has room for.
    case tooManyChanges
    case storage(String)
}

/// How a host's images fare.
package struct ImageFigures: Equatable, Sendable {
    /// The newest image's tick; 0 for none.
    package var tick: UInt64 = 0
    /// Images given up because too many pages changed.
    package var lost: UInt64 = 0
    /// Images that the disk refused.
    package var failed: UInt64 = 0
    /// Images for which the world was stopped, after several were given up in a row.
    package var stopped: UInt64 = 0
    /// Why the last image that was not written failed; empty when none has.
    package var trouble = ""
}
