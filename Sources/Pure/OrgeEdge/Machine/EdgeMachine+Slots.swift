import OrgeSession
import OrgeWire

/// Admission: every logged-in client uses one of the edge's slots.
extension EdgeMachine {
    mutating func admit(_ connection: Connection, _ now: UInt64) {
        // A login that came earlier and waits goes first.
        if slots.free > 0, slots.waiting.isEmpty { return enter(connection, now) }
        guard slots.mayAsk(now) else { return refuse(connection, now) }
        let table = connections
        slots.waiting.append(connection.id) { table.isUnauthenticated($0) }
    }

    private mutating func enter(_ connection: Connection, _ now: UInt64) {
        connection.isAdmitted = true
        slots.used += 1
        unauthenticatedCount -= 1
        perform(connection.session.admitted(worlds.map(\.entry)), connection, now)
    }

    private mutating func refuse(_ connection: Connection, _ now: UInt64) {
        let text = "\(configuration.clientLimit) clients are logged in, as many as this server accepts"
        perform(connection.session.close(.full, text, retryAfterMilliseconds: EdgeLimits.fullRetryMilliseconds), connection, now)
    }

    /// Admits logins that waited for a slot, and asks for what the others need. At the end of a turn.
    mutating func admitWaiting(_ now: UInt64) {
        while slots.free > 0, let connection = nextWaiting() { enter(connection, now) }
        let table = connections
        let count = slots.waiting.count { table.isUnauthenticated($0) }
        guard count > 0, slots.askedAt == nil else { return }
        guard slots.mayAsk(now) else { return refuseWaiting(now) }
        slots.asked(now)
        directives.append(.askForSlots(count: count))
    }

    private mutating func nextWaiting() -> Connection? {
        let table = connections
        return slots.waiting.removeOldest { table.isUnauthenticated($0) }.flatMap { connections[$0] }
    }

    private mutating func refuseWaiting(_ now: UInt64) {
        while let connection = nextWaiting() { refuse(connection, now) }
    }

    /// The supervisor does not answer: a client is better told than left waiting.
    mutating func checkSlotWait(_ now: UInt64) {
        if slots.isOverdue(now) { refuseWaiting(now) }
    }

    /// The answer to ``EdgeDirective/askForSlots(count:)``; 0: all clients that the server accepts are logged in.
    package mutating func slotsGranted(_ count: Int, now: UInt64) {
        slots.grant(count, now)
        if count == 0 { refuseWaiting(now) }
    }

    /// The supervisor wants slots back that no client uses.
    package mutating func slotsRecalled(_ count: Int) { directives.append(.returnSlots(count: slots.giveUp(count))) }
}
