internal import OrgeLink
package import OrgeSchema

/// What is remembered of a session that has ended.
package struct EndedSession: Equatable, Sendable {
    package let number: UInt64
    package let account: AccountID
    package let ticket: TicketHash
    /// UTC of the tick in which it ended.
    package let utcMilliseconds: UInt64
    /// Its commands, and the outcomes that its client may not have.
    package internal(set) var window: OutcomeWindow

    init(_ session: Session, utcMilliseconds utc: UInt64) {
        number = session.number
        account = session.account
        ticket = session.ticket
        utcMilliseconds = utc
        window = session.window
    }

    /// What it takes, roughly.
    var byteCount: Int { HostLimits.endedSessionBytes + window.kept.byteCount }
}

/// Sessions that have ended, by the order in which they did: for a while a client that comes back learns what became of its commands. An account may have
/// another session meanwhile.
package struct EndedSessions: Sendable {
    private var sessions = SortedMap<UInt64, EndedSession>()
    /// Places by number of the session.
    private var places = SortedMap<UInt64, UInt64>()
    private var nextPlace: UInt64 = 0
    package private(set) var byteCount = 0

    package init() {}

    package var count: Int { sessions.count }
    /// In the order in which they ended.
    package var all: SortedMap<UInt64, EndedSession> { sessions }

    subscript(number: UInt64) -> EndedSession? { places[number].flatMap { sessions[$0] } }

    mutating func append(_ session: EndedSession) {
        sessions[nextPlace] = session
        places[session.number] = nextPlace
        nextPlace += 1
        byteCount += session.byteCount
    }

    /// The session's client has the outcomes through this sequence.
    mutating func acknowledge(_ number: UInt64, through sequence: UInt64) {
        guard let place = places[number] else { return }
        let freed = sessions.update(place) { session -> Int in
            let before = session.byteCount
            session.window.acknowledge(sequence)
            return before - session.byteCount
        }
        byteCount -= freed ?? 0
    }

    /// Forgets those that ended so long ago, and the oldest of what is too much.
    mutating func forget(utcMilliseconds utc: UInt64, after memory: UInt64) {
        while let (place, session) = sessions.first {
            let isOld = session.utcMilliseconds + memory <= utc
            guard isOld || byteCount > HostLimits.endedBytesKept || count > HostLimits.endedSessionsKept else { return }
            sessions[place] = nil
            places[session.number] = nil
            byteCount -= session.byteCount
        }
    }

    /// For restoring an image: an outcome of the session that was appended last.
    mutating func keepInLast(_ outcome: KeptOutcomes.Outcome) {
        sessions.update(nextPlace - 1) { session in
            byteCount -= session.byteCount
            session.window.keep(outcome)
            byteCount += session.byteCount
        }
    }
}

extension EndedSessions: Equatable {
    package static func == (a: EndedSessions, b: EndedSessions) -> Bool { a.count == b.count && a.sessions.values.elementsEqual(b.sessions.values) }
}
