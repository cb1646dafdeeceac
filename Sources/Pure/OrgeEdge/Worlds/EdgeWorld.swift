import OrgeLink
import OrgeReplication
import OrgeSchema
import OrgeSession
import OrgeWire

/// One world as the edge knows it: the link to its host, the replica, and its members.
final class EdgeWorld {
    enum Link {
        case down
        /// The hello was sent.
        case greeting
        /// The host's hello was accepted; an image or releases come.
        case live
    }

    let index: Int
    let name: String
    var state = WorldEntry.State.starting

    // MARK: The link

    var link = Link.down
    /// The supervisor has told that the host reports nothing, and nothing has come from it since.
    var isSilent = false
    var reader = FrameStream.link
    var batch = InputBatchWriter()
    private var batchNumber: UInt64 = 0
    /// The highest incarnation that a host of this world has named.
    var incarnation: UInt32 = 0
    /// The world's number, once a host has named it.
    var number: UInt16?
    /// Parts of a release or image that is not whole yet: a replica is never half way between two ticks.
    var releaseParts: [Release] = []
    var imageParts: [LinkImage] = []
    var partBytes = 0
    /// To be told to the host at the end of the turn.
    var releasedTick: UInt64?
    /// Commands have come since the last release: the host is busy, and more of them are gathered meanwhile.
    var isHostBusy = false

    // MARK: The state

    var served: ServedSchema?
    var pace = PaceKind.fixed
    var replica = EdgeWorld.emptyReplica()
    /// The replica holds an image.
    var isFilled = false
    /// The replica holds all of the world, and not only what this edge's clients can see.
    var isWhole = false
    /// The host was told that this edge has monitors, and sends it all of the world.
    var wantsAll = false
    /// The last time that a monitor was here or waited.
    var monitoredAt: UInt64 = 0
    /// Outcomes and events of ticks through this one have been given to the clients.
    var held = Timeline.none
    /// Of the replica's tick, which an image brings beyond `held`.
    var rowsHeld = Timeline.none
    var releasedAt: UInt64 = 0
    /// As its members were told: at once when it changes, and after the first update of one that joins unless it is 1000.
    var dilationPermille: UInt16 = 1000

    // MARK: Members

    private(set) var members = ContiguousArray<Connection>()
    private(set) var monitorCount = 0
    /// Monitors that come back and have seen more than the replica holds.
    var waiting = ContiguousArray<WaitingMonitor>()
    /// Slots of members by session and by avatar.
    private var sessions = IDTable<UInt32>()
    private var avatars = IDTable<UInt32>()
    /// Attachments that ended here and whose end the host has not confirmed: true for a leave, false for a detachment.
    var endings = SortedMap<UInt64, Bool>()

    init(index: Int, name: String) {
        self.index = index
        self.name = name
    }

    /// The number that the host's frames must name; the hello may still bring another one.
    var expectedNumber: UInt16? { if case .live = link { number } else { nil } }
    /// Set while the host's timeline replaces the one held.
    var pendingFork: PendingFork?
    /// While the timeline changes: the last tick that both hold.
    var sharedTick: UInt64 { pendingFork?.fork.sharedTick ?? .max }
    var deliveredTick: UInt64 { held.tick }

    var entry: WorldEntry {
        WorldEntry(
            name: name, version: served?.schema.version ?? 0, state: state, schemaHash: served?.hash ?? 0,
            pace: pace, tickMicroseconds: pace == .fixed ? served?.schema.tickMicroseconds ?? 0 : 0)
    }

    func add(_ member: Connection) {
        member.memberIndex = members.count
        members.append(member)
        guard member.sessionNumber != 0 else { return monitorCount += 1 }
        sessions[member.sessionNumber] = member.id.slot
        avatars[member.outgoing.view.avatar.raw] = member.id.slot
    }

    func remove(_ member: Connection) {
        guard let last = members.last, member.memberIndex < members.count, members[member.memberIndex] === member else { return }
        members[member.memberIndex] = last
        last.memberIndex = member.memberIndex
        members.removeLast()
        guard member.sessionNumber != 0 else { return monitorCount -= 1 }
        if sessions[member.sessionNumber] == member.id.slot { sessions[member.sessionNumber] = nil }
        if avatars[member.outgoing.view.avatar.raw] == member.id.slot { avatars[member.outgoing.view.avatar.raw] = nil }
    }

    /// Lends the replica out of this class meanwhile: reading many arrays through it costs more than the work itself.
    func withReplica<Result>(_ body: (borrowing Replica) -> Result) -> Result {
        var lent = Self.emptyReplica()
        swap(&lent, &replica)
        defer { swap(&lent, &replica) }
        return body(lent)
    }

    private static func emptyReplica() -> Replica { Replica(WorldSchema(name: "", version: 0, tickMicroseconds: 0), number: 0) }

    func removeMembers() {
        members = []
        waiting = []
        monitorCount = 0
    }

    func slot(ofSession session: UInt64) -> UInt32? { sessions[session] }
    func slot(ofAvatar avatar: Entity) -> UInt32? { avatars[avatar.raw] }

    func finishBatch() -> [UInt8] {
        guard let number else { preconditionFailure("inputs before the host's hello") }
        batchNumber += 1
        return batch.finish(number: batchNumber, world: number)
    }

    /// A new link begins with nothing said.
    func resetLink() {
        isSilent = false
        reader = FrameStream.link
        batch = InputBatchWriter()
        batchNumber = 0
        releasedTick = nil
        isHostBusy = false
        dropParts()
    }

    func dropParts() {
        releaseParts = []
        imageParts = []
        partBytes = 0
    }
}
