/// How the entities in a client's view changed with each of its last updates: what it takes to say what the view was after one of them.
///
/// Bytes that were handed to a connection may never have arrived. So when a client comes back it names the last update that it holds, and its view is
/// taken back to that one. Rows are not kept: the replica knows which of them changed after any tick.
struct ViewHistory: Sendable {
    /// One update of a connection, and the view after it.
    private struct Mark: BitwiseCopyable {
        var tick: UInt64
        /// Counted from 1, by connection.
        var update: UInt32
        /// Changes since the mark before; of the first mark 0.
        var changeCount: UInt32
    }

    /// Updates that can be named. At 20 a second between 10 and 13 s: longer than it takes to notice most lost connections.
    static let markLimit = 256
    /// Marks dropped at once: moving the rest costs nothing then.
    private static let droppedMarks = 64
    /// Entities that came or went, over all marks. 512 are 4 KiB, as the marks are: together no more than the view of a thousand entities.
    static let changeLimit = 512
    /// A change is an entity as it is known, with this bit where it came.
    private static let arrivedBit: UInt64 = 1 << 63

    private var marks = ContiguousArray<Mark>()
    /// In the order of the marks.
    private var changes = ContiguousArray<UInt64>()

    var byteCount: Int { marks.capacity * MemoryLayout<Mark>.stride + changes.capacity * MemoryLayout<UInt64>.stride }

    /// - Parameters:
    ///   - arrived: entities that entered with the update, as they are known now.
    ///   - departed: those that went, as they were known before. One that entered again as another's stands in both.
    mutating func append(_ tick: UInt64, update: UInt32, arrived: ContiguousArray<KnownEntity>, departed: ContiguousArray<KnownEntity>) {
        let changeCount = arrived.count + departed.count
        guard changeCount <= Self.changeLimit, !marks.isEmpty else {
            // Nothing before it can be had back.
            (marks, changes) = ([Mark(tick: tick, update: update, changeCount: 0)], [])
            return
        }
        if marks.count == Self.markLimit { drop(Self.droppedMarks) }
        if changes.count + changeCount > Self.changeLimit { makeRoom(for: changeCount) }
        for entity in departed { changes.append(entity.raw) }
        for entity in arrived { changes.append(entity.raw | Self.arrivedBit) }
        marks.append(Mark(tick: tick, update: update, changeCount: UInt32(changeCount)))
    }

    /// Drops the oldest marks until there is room for the changes, and for as many again.
    private mutating func makeRoom(for changeCount: Int) {
        var (count, left) = (0, changes.count)
        while count < marks.count - 1, left + 2 * changeCount > Self.changeLimit {
            count += 1
            left -= Int(marks[count].changeCount)
        }
        drop(count)
    }

    /// Drops the oldest marks: the first one left is where the history begins.
    private mutating func drop(_ count: Int) {
        guard count > 0 else { return }
        let gone = marks[1...count].reduce(0) { $0 + Int($1.changeCount) }
        marks.removeFirst(count)
        changes.removeFirst(gone)
        marks[0].changeCount = 0
    }

    /// Takes a view back to what it was after an update. The history then begins there.
    /// - Parameter known: the view after the last update; ascending.
    /// - Returns: false, and nothing has changed, when there is no such update here.
    mutating func rewind(to tick: UInt64, update: UInt32, _ known: inout ContiguousArray<KnownEntity>) -> Bool {
        guard let index = marks.lastIndex(where: { $0.tick == tick && $0.update == update }) else { return false }
        let undone = marks[(index + 1)...].reduce(0) { $0 + Int($1.changeCount) }
        if undone > 0 { known = Self.undo(changes.suffix(undone), known) }
        (marks, changes) = ([Mark(tick: tick, update: update, changeCount: 0)], [])
        return true
    }

    /// The first change of an entity says whether it was there before all of them.
    private static func undo(_ changes: ContiguousArray<UInt64>.SubSequence, _ known: ContiguousArray<KnownEntity>) -> ContiguousArray<KnownEntity> {
        let touched = changes.enumerated().map { (raw: $1 & ~arrivedBit, order: $0, wasThere: $1 & arrivedBit == 0) }
            .sorted { ($0.raw, $0.order) < ($1.raw, $1.order) }
        var before = ContiguousArray<KnownEntity>()
        before.reserveCapacity(known.count)
        var left = known[...]
        var last: UInt64?
        for change in touched where change.raw != last {
            last = change.raw
            while let entity = left.first, entity.raw < change.raw { before.append(left.removeFirst()) }
            if left.first?.raw == change.raw { left.removeFirst() }
            if change.wasThere { before.append(KnownEntity(raw: change.raw)) }
        }
        before.append(contentsOf: left)
        return before
    }
}
