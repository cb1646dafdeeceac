package import OrgeControl
package import OrgeJournal
import OrgeSchema
package import OrgeWorld

/// The world whose fault is judged.
package struct AccusedWorld: Sendable {
    package var policy: FaultPolicy
    /// Hash of the id of its code.
    package var code: UInt64
    /// Of the command, the intent's component or the system that is blamed.
    package var name: String
    /// Of the account whose input is blamed; empty where it is not known.
    package var accountName: String
}

extension FaultLedger {
    /// What to do about a fault, by the world's policy and by what happened before: the mildest measure that contains it.
    /// - Parameter body: of the record of the tick.
    package func verdict(on blame: Blame, _ record: TickRecord, body: [UInt8], _ world: AccusedWorld) -> FaultAmendment {
        let entry = blame.entry
        var amendment = FaultAmendment(
            grade(of: entry, world.policy), entry.phase, FaultAmendment.Cause(blame.cause), recordHash: recordHash(body),
            utcMilliseconds: record.utcMilliseconds, code: world.code)
        amendment.name = world.name
        guard entry.phase != .system else {
            amendment.system = UInt16(clamping: entry.system)
            if amendment.grade == .setEntityAside { amendment.entity = entry.entity }
            return amendment
        }
        amendment.source = entry.source
        amendment.sequence = entry.sequence
        amendment.kind = entry.kind
        amendment.account = entry.account
        amendment.accountName = entry.account == nil ? "" : world.accountName
        if let account = entry.account { punish(account, world.policy, &amendment) }
        return amendment
    }

    private func grade(of entry: FlightEntry, _ policy: FaultPolicy) -> FaultGrade {
        let needed: FaultGrade
        if entry.phase != .system {
            needed = .skipInput
        } else {
            let count = restraints.setAsideCount(of: UInt16(clamping: entry.system))
            let hasRoom = count < policy.entitiesSetAside && restraints.setAside.count < HostLimits.entitiesSetAside
            needed = !entry.entity.isNone && hasRoom ? .setEntityAside : .suspendSystem
        }
        return needed <= policy.farthest ? needed : .stopWorld
    }

    private func punish(_ account: AccountID, _ policy: FaultPolicy, _ amendment: inout FaultAmendment) {
        let now = amendment.utcMilliseconds
        let since = now - min(now, UInt64(policy.countingSeconds) * 1_000)
        let counting = strikes.filter { $0.time >= since }
        let before = counting.count { $0.account == account }
        amendment.strikes = UInt32(before) + 1
        let seconds = min(UInt64(policy.suspensionSeconds) << UInt64(min(before, 16)), HostLimits.suspensionSeconds)
        if seconds > 0 { amendment.suspendedUntil = now + seconds * 1_000 }
        guard amendment.phase == .command else { return }
        let others = counting.filter { $0.kind == amendment.kind && $0.account != account }.map(\.account)
        amendment.disabling = disabling(of: amendment.kind, account, others, policy, at: now)
    }

    /// - Parameter others: accounts that had strikes with the kind before.
    private func disabling(
        of kind: UInt16, _ account: AccountID, _ others: [AccountID], _ policy: FaultPolicy, at now: UInt64
    ) -> FaultAmendment.Disabling {
        let isCounted = { (account: AccountID) in policy.countsGuests || !account.isGuest }
        let like = others.filter { isCounted($0) == isCounted(account) }
        guard Self.distinctCount(like) + 1 >= policy.accountsToDisable else { return .none }
        if isCounted(account) { return .forAll }
        let times = disabled[kind]?.guestTimes ?? 0
        let seconds = min(HostLimits.guestsDisabledSeconds << UInt64(min(times, 16)), HostLimits.guestsDisabledSecondsLimit)
        return .forGuests(until: now + seconds * 1_000)
    }

    private static func distinctCount(_ accounts: [AccountID]) -> Int {
        let sorted = accounts.sorted()
        return zip(sorted, sorted.dropFirst()).reduce(sorted.isEmpty ? 0 : 1) { $0 + ($1.0 == $1.1 ? 0 : 1) }
    }
}

extension FaultAmendment.Cause {
    init(_ cause: Blame.Cause) {
        switch cause {
        case .signal(let number): self = .signal(UInt8(clamping: min(64, max(1, number))))
        case .processorTime: self = .processorTime
        case .memory: self = .memory
        }
    }
}
