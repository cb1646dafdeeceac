import OrgeSchema
import OrgeWorld

/// A measure against faults that is in force.
enum FaultMeasure: Equatable, Sendable {
    case kindForAll(UInt16)
    /// Times are UTC milliseconds.
    case kindForGuests(UInt16, until: UInt64)
    /// Suspended.
    case system(UInt16)
    /// So many are set aside for it.
    case entities(system: UInt16, count: Int)
    case account(AccountID, until: UInt64)

    func isLifted(by target: FaultLift.Target) -> Bool {
        switch (target, self) {
        case (.everything, _): true
        case (.kind(let lifted), .kindForAll(let kind)), (.kind(let lifted), .kindForGuests(let kind, _)): lifted == kind
        case (.system(let lifted), .system(let system)), (.system(let lifted), .entities(let system, _)): lifted == system
        case (.account(let lifted), .account(let account, _)): lifted == account
        case (.kind, _), (.system, _), (.account, _): false
        }
    }
}

extension FaultLedger {
    /// What is in force, kinds first, then systems, then accounts.
    /// - Parameter time: UTC milliseconds.
    func measures(at time: UInt64) -> [FaultMeasure] {
        var measures: [FaultMeasure] = []
        for (kind, entry) in disabled {
            if entry.isForAll {
                measures.append(.kindForAll(kind))
            } else if entry.guestsUntil > time {
                measures.append(.kindForGuests(kind, until: entry.guestsUntil))
            }
        }
        measures += restraints.suspended.map { .system($0) }
        var systems: [UInt16] = []
        for entry in restraints.setAside where !systems.contains(entry.system) { systems.append(entry.system) }
        measures += systems.map { .entities(system: $0, count: restraints.setAsideCount(of: $0)) }
        for (account, until) in suspensions where until > time { measures.append(.account(account, until: until)) }
        return measures
    }
}
