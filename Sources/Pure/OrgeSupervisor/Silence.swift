/// How long a child may report nothing. All times in nanoseconds.
package struct SilencePolicy: Equatable, Sendable {
    /// From the last report to the state `silent`. Children report four or five times a second and must once a second, so two seconds are no hiccup.
    package var silentAfter: UInt64 = 2_000_000_000
    /// From the last report to SIGKILL; nil: never, for a process that a debugger holds. Ten seconds by default: no honest tick takes as long, and a
    /// world that hangs serves no client.
    package var limit: UInt64? = 10_000_000_000
    /// When the supervisor's own loop has not run for longer than this, it may have missed reports: every deadline starts again.
    package var clockGap: UInt64 = 1_000_000_000
    /// How often its loop runs at the least: half of ``clockGap``, so that a wait for events is no gap.
    package var beat: UInt64 = 500_000_000
    /// A call of the disk that lasts longer is shown as a pause. Syncs take some milliseconds, on a busy disk some hundred.
    package var pausedAfter: UInt64 = 1_000_000_000

    package init() {}

    /// - Parameter limitSeconds: 0: a silent child is never killed.
    package init(limitSeconds: Int) { limit = limitSeconds == 0 ? nil : UInt64(limitSeconds) * 1_000_000_000 }
}

/// How long a process has reported nothing, and what follows from it.
///
///     heard ── 2 s ──▶ silent ── limit ──▶ killed
///       ▲───── report ───┘
///
/// A process that has announced a call of the disk is not silent, however long the call lasts: it is not killed for its disk.
struct Silence: Equatable, Sendable {
    enum Stage: Equatable, Sendable { case heard, silent, killed }
    enum Change: Equatable { case silent, hung }

    private(set) var stage = Stage.heard
    /// When the last report came; before the first, when the process was started. A gap in our own clock counts as a report.
    private(set) var heardAt: UInt64
    /// It has announced a call of the disk, and reported nothing since.
    private(set) var isInStorage = false

    init(startedAt now: UInt64) { heardAt = now }

    /// A report came.
    /// - Returns: for how long it had been silent; nil when it was not.
    mutating func heard(isInStorage: Bool, now: UInt64) -> UInt64? {
        let duration = now - heardAt
        heardAt = now
        self.isInStorage = isInStorage
        guard stage == .silent else { return nil }
        stage = .heard
        return duration
    }

    /// Starts the deadlines again. What is silent stays so until it reports.
    mutating func restart(now: UInt64) { heardAt = now }

    /// What has become due; to be asked until it answers nil.
    mutating func judge(_ policy: SilencePolicy, now: UInt64) -> Change? {
        guard let deadline = deadline(policy), now >= deadline else { return nil }
        switch stage {
        case .heard:
            stage = .silent
            return .silent
        case .silent:
            stage = .killed
            return .hung
        case .killed: return nil
        }
    }

    /// When ``judge(_:now:)`` has something to say.
    func deadline(_ policy: SilencePolicy) -> UInt64? {
        if isInStorage { return nil }
        switch stage {
        case .heard: return heardAt + min(policy.silentAfter, policy.limit ?? .max)
        case .silent: return policy.limit.map { heardAt + $0 }
        case .killed: return nil
        }
    }

    /// For how long nothing has come; 0 while it is not silent.
    func lasting(at now: UInt64) -> UInt64 { stage == .heard ? 0 : now - heardAt }

    /// For how long it has been in a call of the disk that it announced; 0 when it is in none.
    func storageCall(at now: UInt64) -> UInt64 { isInStorage ? now - heardAt : 0 }
}
