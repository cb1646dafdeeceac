import OrgeImage
import OrgeSchema

/// What a host keeps beside its world, by value: tables in chunks, of which a later tick copies those that it changes.
struct HostImageRecords: Sendable {
    let presenceHash: UInt64
    let chain: UInt64
    let worldChain: UInt64
    let utcMilliseconds: UInt64
    let table: SessionTable
    let events: EventHistory
    let openings: [HostOpening]
    let faults: FaultLedger

    var host: HostRecord { HostRecord(chain: chain, worldChain: worldChain, utcMilliseconds: utcMilliseconds, nextSession: table.nextNumber) }

    /// The hash of the host's fold.
    func hash(over sections: [HostSection]) -> UInt64 {
        mix64(sections.reduce(presenceHash) { $0 &+ ($1.isFolded ? $1.hash(contentHash($1)) : 0) })
    }

    /// The hash of what a section holds, all at once: for tests and replays. An image folds it while it is written.
    func contentHash(_ section: HostSection) -> UInt64 {
        var hash = RecordsHash()
        var groups = HostGroups(self)
        var writer = ByteWriter()
        while var group = groups.next(in: section) {
            while !group.isEnded {
                writer.removeAll()
                group.encodeNext(to: &writer)
                hash.add(writer.bytes, 0..<writer.count)
            }
        }
        return hash.value
    }
}

/// The groups of records of a host's sections, in the order in which an image has them.
struct HostGroups {
    private var host: HostRecord?
    private var openings: IndexingIterator<[HostOpening]>
    private var sessions: SortedMap<UInt64, Session>.Iterator
    private var edges: SortedMap<UInt64, EdgeRecord>.Iterator
    private var worlds: SortedMap<UInt16, WorldInbox>.Iterator
    private var ended: SortedMap<UInt64, EndedSession>.Iterator
    private var drops: IndexingIterator<[EventHistory.Drop]>
    private var events: IndexingIterator<ArraySlice<KeptEvents>>
    private var faults: FaultLedger?

    init(_ records: HostImageRecords) {
        host = records.host
        openings = records.openings.makeIterator()
        sessions = records.table.sessions.makeIterator()
        edges = records.table.edges.makeIterator()
        worlds = records.table.worlds.makeIterator()
        ended = records.table.ended.all.makeIterator()
        drops = records.events.drops.makeIterator()
        events = records.events.ticks.makeIterator()
        faults = records.faults
    }

    mutating func next(in section: HostSection) -> RecordGroup? {
        switch section {
        case .host: host.take().map { RecordGroup(.host($0)) }
        case .openings: openings.next().map { RecordGroup(.opening($0)) }
        case .sessions: sessions.next().map { RecordGroup(.session($0.1), outcomes: $0.1.window.kept) }
        case .edges: edges.next().map { RecordGroup(.edge($0.0, $0.1), answers: $0.1.kept.entries) }
        case .worlds: worlds.next().map { RecordGroup(.world(WorldInboxRecord($0.0, $0.1)), outcomes: $0.1.window.kept) }
        case .ended: ended.next().map { RecordGroup(.ended($0.1), outcomes: $0.1.window.kept) }
        case .events: drops.next().map { RecordGroup(.drop($0)) } ?? events.next().map { RecordGroup(.events($0), eventCount: $0.events.count) }
        case .faults: faults.take().map { RecordGroup(.faults($0)) }
        }
    }
}

/// A record, and those that follow it and belong to it: a session with its outcomes, an edge with its answers. It is encoded record by record.
struct RecordGroup {
    enum Head {
        case host(HostRecord)
        case opening(HostOpening)
        case session(Session)
        case edge(UInt64, EdgeRecord)
        case world(WorldInboxRecord)
        case ended(EndedSession)
        case drop(EventHistory.Drop)
        case events(KeptEvents)
        case faults(FaultLedger)
    }

    private let head: Head
    private var outcomes: KeptOutcomes.Iterator
    private let answers: [KeptAnswers.Entry]
    /// Records after the head.
    private let count: Int
    /// The record that is encoded next; the head is 0.
    private var index = 0

    init(_ head: Head, outcomes: KeptOutcomes = KeptOutcomes(), answers: [KeptAnswers.Entry] = [], eventCount: Int = 0) {
        self.head = head
        self.outcomes = outcomes.makeIterator()
        self.answers = answers
        count = outcomes.count + answers.count + eventCount
    }

    var isEnded: Bool { index > count }

    /// - Precondition: it has not ended.
    mutating func encodeNext(to writer: inout ByteWriter) {
        precondition(!isEnded, "a group without another record")
        if index == 0 { encodeHead(to: &writer) } else { encode(index - 1, to: &writer) }
        index += 1
    }

    private func encodeHead(to writer: inout ByteWriter) {
        switch head {
        case .host(let record): record.encode(to: &writer)
        case .opening(let opening): opening.encode(to: &writer)
        case .session(let session): SourceSectionRecord.encode(session, to: &writer)
        case .edge(let number, let edge): EdgeSectionRecord.edge(number, edge).encode(to: &writer)
        case .world(let record): SourceSectionRecord.encode(record, to: &writer)
        case .ended(let session): SourceSectionRecord.encode(session, to: &writer)
        case .drop(let drop): EventSectionRecord.drop(drop).encode(to: &writer)
        case .events(let tick): EventSectionRecord.tick(tick.tick, tick.utcMilliseconds).encode(to: &writer)
        case .faults(let ledger): ledger.encode(to: &writer)
        }
    }

    private mutating func encode(_ index: Int, to writer: inout ByteWriter) {
        switch head {
        case .host, .opening, .drop, .faults: preconditionFailure("a record that others belong to")
        case .session: SourceSectionRecord<Session>.encode(next: &outcomes, to: &writer)
        case .world: SourceSectionRecord<WorldInboxRecord>.encode(next: &outcomes, to: &writer)
        case .ended: SourceSectionRecord<EndedSession>.encode(next: &outcomes, to: &writer)
        case .edge: EdgeSectionRecord.answer(answers[index]).encode(to: &writer)
        case .events(let tick):
            let event = tick.events[index]
            EventSectionRecord.event(event.kind, event.audience, Array(tick.bytes[event.payload])).encode(to: &writer)
        }
    }
}
