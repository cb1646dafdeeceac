import OrgeBase
import OrgeReplication

/// Views of lost connections whose sessions may come back, so that they go on with differences instead of a reset.
///
/// Bounded in bytes and time; the view that was lost first is dropped first. A client whose view is gone gets a reset.
struct KeptViews {
    /// A session of one of the edge's worlds.
    private struct Key: Comparable {
        var world: Int
        var session: UInt64

        static func < (a: Key, b: Key) -> Bool { (a.world, a.session) < (b.world, b.session) }
    }

    private struct Entry {
        var key: Key
        var attachment: UInt64
        var view: SentView
        var lostAt: UInt64
    }

    private let byteLimit: Int
    /// In the order in which the connections were lost.
    private var entries = SortedMap<UInt64, Entry>()
    private var next: UInt64 = 0
    private var bySession = SortedMap<Key, UInt64>()
    private var byAttachment = IDTable<UInt64>()
    private(set) var byteCount = 0

    init(byteLimit: Int = EdgeLimits.keptViewsBytes) { self.byteLimit = byteLimit }

    var count: Int { entries.count }

    /// Keeps the view that a session's connection leaves; not one of too many bytes.
    mutating func keep(_ view: SentView, of session: UInt64, _ attachment: UInt64, world: Int, now: UInt64) {
        let key = Key(world: world, session: session)
        if let older = bySession[key] { remove(older) }
        guard !view.isFresh, view.byteCount <= EdgeLimits.keptViewBytes else { return }
        entries[next] = Entry(key: key, attachment: attachment, view: view, lostAt: now)
        (bySession[key], byAttachment[attachment]) = (next, next)
        byteCount += view.byteCount
        next += 1
        while byteCount > byteLimit, let oldest = entries.first { remove(oldest.key) }
    }

    /// The view of a session that comes back: it is kept no more.
    mutating func take(_ session: UInt64, world: Int) -> SentView? {
        guard let number = bySession[Key(world: world, session: session)] else { return nil }
        return remove(number)?.view
    }

    /// Another edge has the session now, and updates it from there.
    mutating func drop(_ attachment: UInt64) {
        if let number = byAttachment[attachment] { remove(number) }
    }

    /// The world's rows begin again.
    mutating func drop(world: Int) {
        var numbers: [UInt64] = []
        for (number, entry) in entries where entry.key.world == world { numbers.append(number) }
        for number in numbers { remove(number) }
    }

    /// Drops what was lost too long ago.
    mutating func timePassed(now: UInt64) {
        while let (number, entry) = entries.first, now >= entry.lostAt + EdgeLimits.keptViewTime { remove(number) }
    }

    @discardableResult
    private mutating func remove(_ number: UInt64) -> Entry? {
        guard let entry = entries[number] else { return nil }
        entries[number] = nil
        (bySession[entry.key], byAttachment[entry.attachment]) = (nil, nil)
        byteCount -= entry.view.byteCount
        return entry
    }

    func checkInvariants() {
        var bytes = 0
        for (number, entry) in entries {
            precondition(bySession[entry.key] == number && byAttachment[entry.attachment] == number, "a kept view is found by session and attachment")
            bytes += entry.view.byteCount
        }
        precondition(bySession.count == entries.count && byAttachment.count == entries.count, "no view is named and gone")
        precondition(bytes == byteCount && bytes <= byteLimit, "bytes of kept views are counted")
    }
}
