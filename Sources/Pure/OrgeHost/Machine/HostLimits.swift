import OrgeControl

import OrgeWorld

/// Bounds of what one host holds. Whatever is not bounded by another one is bounded here.
package enum HostLimits {
    /// Bytes of a command's or intent's payload: the largest that the engine takes.
    package static let payloadBytes = Input.payloadLimit
    /// Outcomes of one session that its client is not known to have; and commands of one session that wait: the credit that edges grant.
    package static let outcomesPerSession: UInt64 = 256
    /// Ticks that are executed and not yet released: eight group commits hide a slow sync at 20 Hz for 400 ms; beyond that the world waits
    /// for its disk instead of running ahead of it.
    package static let ticksInFlight: UInt64 = 8
    /// Commands of one tick; the rest waits for the next one. Bounds how long a tick may run because of its inputs.
    package static let commandsPerTick = 16_384
    /// Bytes of one record's commands, and of its intents: each a quarter of the journal's largest record, because other inputs come on top.
    package static let inputBytesPerTick = 4 << 20
    /// Arrivals of one tick: a server's worth of clients coming back at once is spread over some ticks.
    package static let arrivalsPerTick = 1_024
    /// Sessions that end in one tick, in each of three ways (left, lingered out, detached): a server's worth of clients that go at once is spread
    /// over some ticks.
    package static let endingsPerTick = 2_048
    /// One part in so many of the host's time is for audits: a little less than a twentieth, because a step may cost more than was left. The tick's
    /// 99th percentile stays within a tenth.
    package static let auditShare: UInt64 = 21
    /// Nanoseconds that a world without a fixed pace counts as a tick for the share of audits.
    package static let auditPeriod: UInt64 = 50_000_000
    /// Audits that wait: four for each client of a large edge at once. More are told that the host is busy.
    package static let auditsWaiting = 4_096
    /// Nanoseconds that an audit waits before it is told the same.
    package static let auditPatience: UInt64 = 5_000_000_000
    /// Nanoseconds for which the index of owners is kept up without an audit.
    package static let auditIndexKept: UInt64 = 10_000_000_000
    /// Changed rows that wait for the index of owners: when more do, scanning again is cheaper.
    package static let auditRowsPending = 1 << 20
    /// Entities of a world whose monitors are audited: such an audit reads every row in one piece, some 200 ns each.
    package static let monitorAuditEntities = 1 << 17
    /// Sessions of a host, attached and lingering; a join beyond is refused as full.
    package static let sessions = 65_536
    /// Worlds that a host takes commands from: it keeps for each what it has sealed, as long as it lives.
    package static let worldSources = 1_024
    /// Images given up one after the other before one is read with the world stopped: a world that changes all its pages faster than they can be
    /// read would never have an image again.
    package static let imagesLostInARow = 2
    /// Edges that are connected at a time: one per core of a large machine.
    package static let edges = 64
    /// Edges that were given up and are told so when they come back after all.
    package static let edgesRemembered = 16
    /// The number of entities from which on an edge is sent only what its clients can see. Below it most of a world is in somebody's sight, and to send
    /// all edges the same costs less than to tell what each of them needs.
    package static let largeWorld = 4_096
    /// Released ticks that are kept for edges that come back or lag.
    package static let ticksRetained = 64
    /// Bytes of released ticks that are kept: a second of a world in which a hundred thousand entities move. An edge that lacks more loses its
    /// link and gets an image, which costs the world more than the ticks would have.
    package static let bytesRetained = 64 << 20
    /// Bytes sent to one edge and not acknowledged, before the host stops sending and lets it catch up.
    package static let bytesUnacknowledged = 8 << 20
    /// Ticks whose chain is known, to compare an edge's timeline with: 64 KiB. Beyond them the starts of hosts decide alone.
    package static let chainsKept = 4_096
    /// Starts of hosts that are remembered: an edge that has missed more of them starts its world again.
    package static let openingsKept = 64
    /// Bytes of reliable events kept for edges that have not acknowledged them, over a restart of the host, and for clients that resume.
    package static let eventBytesKept = 1 << 20
    /// What an event counts beside its row.
    package static let eventHeadBytes = 32
    /// Milliseconds for which events are kept for clients that resume: a connection may be silent for 60 s before it is given up, and lingers then.
    package static let eventMemoryMilliseconds: UInt64 = 70_000
    /// Milliseconds between two counts of dropped events, and how many counts are remembered: as long as the events themselves would have been.
    package static let eventDropInterval: UInt64 = 64
    package static let eventDropsKept = 1_200
    /// Bytes of missed events that one client is sent when it resumes: a thousand clients may come back at once.
    package static let eventBytesRecalled = 64 << 10
    /// Sessions that have ended and are remembered, and their bytes: a server's worth of clients that left within a minute.
    package static let endedSessionsKept = 65_536
    package static let endedBytesKept = 16 << 20
    /// What an ended session counts beside its outcomes.
    package static let endedSessionBytes = 128
    /// Nanoseconds for which a session without a connection stays in the world, unless ``HostSettings/linger`` says otherwise.
    package static let linger = UInt64(HostTuning.defaultLingerSeconds) * 1_000_000_000
    /// Nanoseconds in which the edges of before a restart must come back to keep their sessions attached.
    package static let edgeGrace: UInt64 = 5_000_000_000
    /// Strikes, and suspended accounts, that are remembered: the oldest, and the one that ends soonest, are forgotten. Each took a crash of the world.
    package static let strikesKept = 1_024
    /// Milliseconds for which a strike may count at most: a day.
    package static let strikeMilliseconds: UInt64 = 86_400_000
    /// Seconds for which an account is suspended at most.
    package static let suspensionSeconds: UInt64 = 3_600
    /// Seconds for which a kind is disabled for guests the first time; doubled each time, up to a day.
    package static let guestsDisabledSeconds: UInt64 = 60
    package static let guestsDisabledSecondsLimit: UInt64 = 86_400
    /// Entities that are set aside, for all systems together: queries look each of their words of rows up among them.
    package static let entitiesSetAside = 1_024
    /// Requests of operators that wait for their tick at once: a person has typed each.
    package static let liftRequests = 16
    /// Bytes of the text that says what a world is stopped for.
    static let stopTextBytes = 256
    /// Nanoseconds for which each tick waits for its record before it runs, after a fault in a tick that was not recorded.
    package static let carefulNanoseconds: UInt64 = 30_000_000_000
    /// Nanoseconds of execution that a restart may have to repeat: then an image is due.
    package static let replayBudget: UInt64 = 250_000_000
    /// The same after a start that had a fault to contain: another one may follow.
    package static let replayBudgetAfterFault: UInt64 = 50_000_000
    /// Bytes of records that a restart may have to read: then an image is due.
    package static let replayBytes = 16 << 20
    /// An image may cost a twentieth of the execution since the last one.
    package static let imageShare: UInt64 = 20
    /// Ticks of a fixed pace that are caught up at most; what is later than that is never caught up: time dilates.
    package static let catchUpTicks: UInt64 = 2
}
