import OrgeJournal
import OrgeSchema
package import OrgeWorld

/// What a world's faults have led to: strikes, suspended accounts, disabled kinds, and what of its systems does not run.
///
/// Part of the host's state: it follows from the amendments and from the times of ticks, and is in images and in the host's hash. Amendments say what was
/// decided, so that following them needs no policy.
package struct FaultLedger: Equatable, Sendable {
    /// An input of an account that the world failed on.
    struct Strike: Equatable, Sendable {
        var account: AccountID
        /// Of a command; nil also when it counts no more towards disabling the kind.
        var kind: UInt16?
        /// UTC milliseconds of the tick.
        var time: UInt64
    }

    struct DisabledKind: Equatable, Sendable {
        var isForAll = false
        /// UTC milliseconds; 0: not disabled for guests alone.
        var guestsUntil: UInt64 = 0
        /// How many times it was disabled for guests.
        var guestTimes: UInt32 = 0
    }

    /// The last decision to stop the world.
    package struct Stop: Equatable, Sendable {
        package var tick: UInt64
        /// What failed (``FaultAmendment/what``).
        package var what: String
    }

    /// Faults since the world began.
    package internal(set) var count: UInt64 = 0
    /// Hash of the id of the code that failed last.
    package internal(set) var code: UInt64 = 0
    /// Oldest first.
    var strikes: [Strike] = []
    /// UTC milliseconds until which an account's inputs are refused.
    var suspensions = SortedMap<AccountID, UInt64>()
    var disabled = SortedMap<UInt16, DisabledKind>()
    package internal(set) var restraints = Restraints()
    package internal(set) var stop: Stop?

    package init() {}

    /// Whether an input may be refused because of it: nearly always not, and then inputs are not looked at.
    var refusesInputs: Bool { !suspensions.isEmpty || !disabled.isEmpty }

    /// Whether other code has something to lift.
    package var hasRestraints: Bool { !disabled.isEmpty || !restraints.isEmpty || stop != nil }

    /// UTC milliseconds until which the account is suspended; nil when it is not.
    func suspension(of account: AccountID, at time: UInt64) -> UInt64? { suspensions[account].flatMap { $0 > time ? $0 : nil } }

    /// Why a command of the account is refused; nil when it is not.
    func refusal(of account: AccountID, kind: UInt16, at time: UInt64) -> InputRefusal? {
        if let until = suspension(of: account, at: time) { return .suspended(until: until) }
        guard let kind = disabled[kind] else { return nil }
        if kind.isForAll { return .kindDisabled(until: 0) }
        return account.isGuest && kind.guestsUntil > time ? .kindDisabled(until: kind.guestsUntil) : nil
    }

    /// Forgets what no longer counts at the time of a tick.
    mutating func expire(at time: UInt64) {
        if !suspensions.isEmpty { suspensions.removeAll { $1 <= time } }
        if !disabled.isEmpty { disabled.removeAll { !$1.isForAll && $1.guestsUntil + HostLimits.strikeMilliseconds <= time } }
    }

    /// Carries an amendment out.
    mutating func apply(_ amendment: FaultAmendment, tick: UInt64) {
        count += 1
        code = amendment.code
        expire(at: amendment.utcMilliseconds)
        if let account = amendment.account { strike(account, amendment) }
        switch amendment.disabling {
        case .none: break
        case .forAll: disable(amendment.kind) { $0.isForAll = true }
        case .forGuests(let until):
            disable(amendment.kind) { entry in
                entry.guestsUntil = until
                entry.guestTimes += 1
            }
        }
        switch amendment.grade {
        case .skipInput: break
        case .setEntityAside: restraints.setAside(amendment.entity, for: amendment.system)
        case .suspendSystem: restraints.suspend(amendment.system)
        case .stopWorld:
            if amendment.phase == .system { restraints.suspend(amendment.system) }
            stop = Stop(tick: tick, what: amendment.what.cut(toBytes: HostLimits.stopTextBytes))
        }
    }

    private mutating func strike(_ account: AccountID, _ amendment: FaultAmendment) {
        strikes.removeAll { $0.time + HostLimits.strikeMilliseconds <= amendment.utcMilliseconds }
        strikes.append(Strike(account: account, kind: amendment.phase == .command ? amendment.kind : nil, time: amendment.utcMilliseconds))
        if strikes.count > HostLimits.strikesKept { strikes.removeFirst() }
        guard amendment.suspendedUntil > 0 else { return }
        suspensions[account] = amendment.suspendedUntil
        guard suspensions.count > HostLimits.strikesKept, let soonest = suspensions.min(by: { ($0.1, $0.0) < ($1.1, $1.0) }) else { return }
        suspensions[soonest.0] = nil
    }

    private mutating func disable(_ kind: UInt16, _ change: (inout DisabledKind) -> Void) {
        var entry = disabled[kind] ?? DisabledKind()
        change(&entry)
        disabled[kind] = entry
    }

    mutating func lift(_ lift: FaultLift) {
        switch lift {
        case .otherCode: liftRestraints()
        case .byOperator(.everything):
            liftRestraints()
            suspensions = SortedMap()
            strikes = []
        case .byOperator(.kind(let kind)):
            disabled[kind] = nil
            // They still count for their accounts. To disable the kind again takes as many accounts as the first time.
            for index in strikes.indices where strikes[index].kind == kind { strikes[index].kind = nil }
        case .byOperator(.system(let system)): restraints.lift(system)
        case .byOperator(.account(let account)):
            suspensions[account] = nil
            strikes.removeAll { $0.account == account }
        }
    }

    private mutating func liftRestraints() {
        disabled = SortedMap()
        restraints = Restraints()
        stop = nil
    }
}
