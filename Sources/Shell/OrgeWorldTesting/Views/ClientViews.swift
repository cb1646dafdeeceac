import OrgeLink
import OrgeReplication
import OrgeSchema

/// What the clients of a tested world see, by the code that the server's edge runs: a replica that follows what the host sends, and for each client what
/// it has been sent of it. Every client reads every update at once.
struct ClientViews: ~Copyable {
    private var replica: Replica
    private var builder = ViewBuilder()
    private var views: [(attachment: UInt64, view: SentView)] = []
    /// Between the parts of a release.
    private var isInRelease = false
    /// The updates themselves go nowhere.
    private var updates = ByteWriter()

    init(_ schema: WorldSchema, world: UInt16) { replica = Replica(schema, number: world) }

    // MARK: what the host sends

    mutating func add(_ part: LinkImage) {
        if part.isFirst { replica.beginImage(part.tick) }
        for row in part.rows { set(row, part.bytes) }
        guard part.isLast else { return }
        replica.endImage()
        update()
    }

    mutating func add(_ part: Release) {
        // An image of the tick has brought its rows already.
        if !isInRelease, part.tick > replica.tick {
            replica.begin(part.tick)
            isInRelease = true
        }
        if isInRelease {
            for entity in part.removed { replica.remove(entity) }
            for key in part.unset { replica.unset(key.entity, key.component) }
            for row in part.set { set(row, part.bytes) }
        }
        for case (let attachment, .joined(_, let avatar, _, _)) in part.joins { views.append((attachment, SentView(avatar: avatar))) }
        for ended in part.ended { views.removeAll { $0.attachment == ended.attachment } }
        guard part.isLast else { return }
        if isInRelease { replica.end() }
        isInRelease = false
        update()
    }

    private mutating func set(_ row: RowRecord, _ bytes: [UInt8]) {
        replica.set(row.entity, row.component, bytes, at: Int(row.bytes.offset), count: Int(row.bytes.count))
    }

    private mutating func update() {
        for index in views.indices {
            _ = builder.update(&views[index].view, replica, to: &updates)
            updates.removeAll()
        }
    }

    // MARK: what clients see and hear

    /// Of each entity in view the rows that the client holds; nothing for an attachment that is not in the world.
    func rows(_ attachment: UInt64) -> [AccountView.Seen] {
        var seen: [AccountView.Seen] = []
        views.first { $0.attachment == attachment }?.view.forEachEntity(replica) { entity, rows in
            seen.append((entity, rows.map { ($0.component, Array($0.row)) }))
        }
        return seen.sorted { $0.entity.slot < $1.entity.slot }
    }

    /// Whether an event in a disc reaches the client of an avatar.
    func reaches(_ avatar: Entity, near x: Double, _ y: Double, radius: Double) -> Bool {
        var isReached = false
        Listeners(replica, avatars: CollectionOfOne(avatar)).forEach(near: x, y, radius: radius) { _ in isReached = true }
        return isReached
    }
}
