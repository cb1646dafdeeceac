package import OrgeSchema

/// A decision about the last recorded tick, which a world's code failed in: what of the tick is not executed, and what follows for later ticks.
///
/// It is the body of the journal's `skip` and `amendment` records and says everything that was decided, so that neither a replay nor a reader needs the
/// world's policy. The layout is in `docs/formats/host.md`.
package struct FaultAmendment: Equatable, Sendable {
    /// What proved the fault.
    package enum Cause: Equatable, Sendable {
        /// The number of the signal, 1...64.
        case signal(UInt8)
        case processorTime
        case memory
    }

    /// What becomes of the command's kind.
    package enum Disabling: Equatable, Sendable {
        case none
        /// Guests' commands of the kind are refused until this time, UTC milliseconds.
        case forGuests(until: UInt64)
        /// All are, until the world has other code.
        case forAll
    }

    package var grade: FaultGrade
    /// One of ``amendable``.
    package var phase: FlightPhase
    package var cause: Cause
    /// The hash of the amended record's bytes: an amendment of any other record is refused.
    package var recordHash: UInt64
    /// Of the amended record.
    package var utcMilliseconds: UInt64
    /// Hash of the id of the code that failed.
    package var code: UInt64
    /// Of a command. The session also of an arrival, a departure and an intent.
    package var source: Source?
    /// Of a command; otherwise 0.
    package var sequence: UInt64 = 0
    /// Of a command or an intent; otherwise 0.
    package var kind: UInt16 = 0
    /// The name of the command, the intent's component or the system; empty for arrivals and departures. At most ``nameLimit`` bytes.
    package var name = ""
    package var account: AccountID?
    /// As the account joined last; empty without an account.
    package var accountName = ""
    /// The index of the system; otherwise 0.
    package var system: UInt16 = 0
    /// The one that is set aside; otherwise none.
    package var entity = Entity.none
    /// Strikes of the account that count, with this one; 0 without an account.
    package var strikes: UInt32 = 0
    /// UTC milliseconds; 0: the account is not suspended.
    package var suspendedUntil: UInt64 = 0
    package var disabling = Disabling.none

    /// Phases whose work a tick can leave out.
    package static let amendable: [FlightPhase] = [.arrival, .departure, .intent, .command, .system]
    /// Bytes of UTF-8: as of a component's name.
    package static let nameLimit = 128

    package init(
        _ grade: FaultGrade, _ phase: FlightPhase, _ cause: Cause, recordHash: UInt64, utcMilliseconds: UInt64, code: UInt64
    ) {
        self.grade = grade
        self.phase = phase
        self.cause = cause
        self.recordHash = recordHash
        self.utcMilliseconds = utcMilliseconds
        self.code = code
    }

    /// Whether it is about what the recorder's entry names. In a tick several entities may each be set aside for one system.
    package func isAbout(_ entry: FlightEntry) -> Bool {
        var other = self
        other.phase = entry.phase
        other.source = entry.source
        other.sequence = entry.sequence
        other.kind = entry.kind
        other.account = entry.account
        other.system = UInt16(clamping: entry.system)
        other.entity = entry.entity
        return isSameWork(as: other)
    }

    /// Whether both leave out the same work of a tick.
    package func isSameWork(as other: FaultAmendment) -> Bool {
        guard phase == other.phase else { return false }
        switch phase {
        case .command: return source == other.source && sequence == other.sequence
        case .intent: return source == other.source && kind == other.kind
        case .departure: return source == other.source
        case .arrival: return account == other.account
        case .system: return system == other.system && entity == other.entity
        case .idle, .declaration, .start, .engine, .migration: return false
        }
    }

    /// What failed, for people: names and numbers, and nothing of what the command said.
    package var what: String {
        switch phase {
        case .command: "command \(sequence) (\(name)) of \(source.map { "\($0)" } ?? "no source")"
        case .intent: "the intent \(name) of \(source.map { "\($0)" } ?? "no source")"
        case .arrival: "the arrival of \(accountName)"
        case .departure: "the departure of \(accountName)"
        case .system: "the system \(name)" + (entity.isNone ? "" : " at entity \(entity)")
        case .idle, .declaration, .start, .engine, .migration: phase.name
        }
    }
}

extension FaultAmendment.Cause: CustomStringConvertible {
    package var description: String {
        switch self {
        case .signal(let number): "signal \(number)"
        case .processorTime: "too much processor time"
        case .memory: "too much memory"
        }
    }
}
