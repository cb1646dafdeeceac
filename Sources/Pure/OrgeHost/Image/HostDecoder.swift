import OrgeImage
import OrgeLink
import OrgeSchema
import OrgeWorld

/// Restores what a host keeps from the sections of an image.
final class HostDecoder: SectionDecoder {
    private var seen: [HostSection] = []
    private var current = HostSection.host
    private var hash = RecordsHash()
    private var sum: UInt64 = 0
    private var host: HostRecord?
    private var sessions: [Session] = []
    private var edges: [(number: UInt64, record: EdgeRecord)] = []
    /// Of the last edge; nil before its first.
    private var lastAnswer: KeptAnswers.Entry?
    private var worlds: [(number: UInt16, inbox: WorldInbox)] = []
    private var ended = EndedSessions()
    private var events = EventHistory()
    private var openings: [HostOpening] = []
    private var faults: FaultLedger?
    /// Nil: the image is of the code's own schema.
    private let migration: StateMigration?

    init(_ migration: StateMigration? = nil) { self.migration = migration }

    func begin(_ section: ImageSection) throws(ImageError) -> Bool {
        guard let known = HostSection.allCases.first(where: { $0.description.name == section.name }) else { return false }
        guard known.description == section else {
            throw ImageError(.otherLayout, "format \(section.format), this program reads \(known.description.format)", section: section.name)
        }
        current = known
        hash = RecordsHash()
        return true
    }

    func decode(_ reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        if let fault = try decodeRecord(&reader) { throw DecodeError(.inconsistent(fault), at: start) }
        hash.add(reader.bytes, start..<reader.offset)
    }

    /// - Returns: what contradicts.
    private func decodeRecord(_ reader: inout ByteReader) throws(DecodeError) -> String? {
        switch current {
        case .host:
            guard host == nil else { return "a second record of the host" }
            host = try HostRecord(reading: &reader)
        case .sessions:
            switch try SourceSectionRecord<Session>(reading: &reader) {
            case .source(let session): return add(session)
            case .outcome(let outcome):
                guard !sessions.isEmpty else { return "an outcome before a session" }
                sessions[sessions.count - 1].window.keep(readable(outcome))
            }
        case .edges:
            switch try EdgeSectionRecord(reading: &reader) {
            case .edge(let number, let record):
                if let last = edges.last, number <= last.number { return "edge \(number) out of order" }
                edges.append((number, record))
                lastAnswer = nil
            case .answer(let entry):
                guard !edges.isEmpty else { return "an answer before an edge" }
                if let last = lastAnswer, (entry.attachment, entry.tick) < (last.attachment, last.tick) { return "an answer out of order" }
                lastAnswer = entry
                edges[edges.count - 1].record.kept.append(entry)
            }
        case .worlds:
            switch try SourceSectionRecord<WorldInboxRecord>(reading: &reader) {
            case .source(let record): return add(record)
            case .outcome(let outcome):
                guard !worlds.isEmpty else { return "an outcome before a world" }
                worlds[worlds.count - 1].inbox.window.keep(readable(outcome))
            }
        case .openings:
            let opening = try HostOpening(reading: &reader)
            guard opening.incarnation > openings.last?.incarnation ?? 0, opening.tick >= openings.last?.tick ?? 0 else { return "starts out of order" }
            openings.append(opening)
        case .faults:
            guard faults == nil else { return "a second record of the faults" }
            faults = try FaultLedger(reading: &reader)
        case .events: return add(try EventSectionRecord(reading: &reader))
        case .ended: return add(try SourceSectionRecord<EndedSession>(reading: &reader))
        }
        return nil
    }

    /// A result of an earlier layout is left out: the outcome says that the command was applied, and no more.
    private func readable(_ outcome: KeptOutcomes.Outcome) -> KeptOutcomes.Outcome {
        guard migration?.dropsResults == true else { return outcome }
        var readable = outcome
        readable.bytes = Outcome.withoutResult(outcome.bytes)
        return readable
    }

    private func add(_ session: Session) -> String? {
        guard session.number > sessions.last?.number ?? 0 else { return "session \(session.number) out of order" }
        guard sessions.count < HostLimits.sessions else { return "more sessions than a host accepts" }
        sessions.append(session)
        return nil
    }

    private func add(_ record: EventSectionRecord) -> String? {
        switch record {
        case .tick(let tick, let utc):
            if let last = events.ticks.last?.tick ?? events.drops.last?.tick, tick <= last { return "events of tick \(tick) out of order" }
            events.append(KeptEvents(tick: tick, utcMilliseconds: utc, events: [], bytes: []))
        case .drop(let drop): return add(drop)
        case .event(let kind, let audience, let payload):
            guard !events.ticks.isEmpty else { return "an event before a tick" }
            events.appendToLast(kind, audience, payload)
        }
        return nil
    }

    private func add(_ record: SourceSectionRecord<EndedSession>) -> String? {
        switch record {
        case .source(let session):
            guard ended[session.number] == nil else { return "session \(session.number) ended twice" }
            ended.append(session)
        case .outcome(let outcome):
            guard ended.count > 0 else { return "an outcome before a session" }
            ended.keepInLast(readable(outcome))
        }
        return nil
    }

    private func add(_ drop: EventHistory.Drop) -> String? {
        guard events.ticks.isEmpty, drop.total <= ImageLimits.counter else { return "a count of dropped events out of order" }
        if let last = events.drops.last, drop.tick <= last.tick || drop.total < last.total { return "counts of dropped events out of order" }
        events.append(drop)
        return nil
    }

    private func add(_ record: WorldInboxRecord) -> String? {
        let number = record.source.world
        if let last = worlds.last, number <= last.number { return "world \(number) out of order" }
        guard worlds.count < HostLimits.worldSources else { return "more worlds than a host takes commands from" }
        worlds.append((number, WorldInbox(timeline: record.source.timeline, window: record.window)))
        return nil
    }

    func end() throws(DecodeError) -> UInt64? {
        if current == .host && host == nil || current == .faults && faults == nil { throw DecodeError(.inconsistent("a section without its record"), at: 0) }
        if current == .sessions, SessionTable.accountCount(of: sessions) != sessions.count {
            throw DecodeError(.inconsistent("two sessions of one account"), at: 0)
        }
        seen.append(current)
        let found = current.hash(hash.value)
        if current.isFolded { sum &+= found }
        return found
    }

    var missing: String? { HostSection.allCases.first { !seen.contains($0) }?.description.name }

    /// - Throws: `damaged` when sections contradict each other, `otherHash` when they do not lead to the trailer's hash of the host.
    func finish(_ trailer: ImageTrailer, _ engine: WorldEngine) throws(ImageError) -> HostState {
        guard let host, let faults, missing == nil else { preconditionFailure("a decoder finishes when it misses nothing") }
        guard mix64(engine.presenceHash &+ sum) == trailer.hostHash else { throw ImageError(.otherHash, "the sections do not lead to the host's hash") }
        var records = SortedMap<UInt64, EdgeRecord>()
        for edge in edges { records[edge.number] = edge.record }
        var inboxes = SortedMap<UInt16, WorldInbox>()
        for world in worlds { inboxes[world.number] = world.inbox }
        if migration?.dropsEvents == true { events.dropAll() }
        let state = HostState(
            engine: engine, table: SessionTable(nextNumber: host.nextSession, sessions: sessions, edges: records, worlds: inboxes, ended: ended),
            chain: host.chain, worldChain: host.worldChain, utcMilliseconds: host.utcMilliseconds, events: events, openings: openings, faults: faults)
        if let contradiction = state.contradiction { throw ImageError(.damaged, "the sections contradict each other: \(contradiction)") }
        return state
    }
}
