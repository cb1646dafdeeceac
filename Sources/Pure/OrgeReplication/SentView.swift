package import OrgeSchema

/// What one client has been told: the entities in its view, and through which tick it is complete.
///
/// Rows are not kept per client: it holds each row as it was after its tick, so a row must be sent when it changed after that, and the replica keeps for
/// each row the last change, which says how the row was before. So 8 bytes per entity in view are all there is.
package struct SentView: Sendable {
    /// `none` for a monitor, which sees every public row.
    package let avatar: Entity
    /// Complete through this tick; 0 before the first update.
    package internal(set) var tick: UInt64 = 0
    /// Ticks in which this client's view changed, whether or not an update of its own was sent for them.
    package var updatesDue: UInt64 = 0
    package let encoding: ViewEncoding
    /// The number of the last intent of this client that the world has consumed, to be told with the next update; nil when it has been told.
    package var consumedIntent: UInt32?
    /// The first update is sent even where it is empty.
    package internal(set) var isFresh = true
    /// The client holds the view of an earlier connection, which the first update changes; otherwise that update is a reset.
    package private(set) var isContinued = false
    /// By slot.
    var known = ContiguousArray<KnownEntity>()
    /// How `known` changed with the last updates of this connection.
    private(set) var history = ViewHistory()
    /// Updates of this connection.
    private var updateCount: UInt32 = 0

    package init(avatar: Entity, encoding: ViewEncoding = .plain(isSized: false)) {
        self.avatar = avatar
        self.encoding = encoding
    }

    /// The view of an earlier connection, as it was after the update that the client says to hold.
    ///
    /// - Parameters:
    ///   - kept: what was sent through the earlier connection, whether or not it arrived.
    ///   - tick: of the update.
    ///   - update: how many updates of its connection there were with this one.
    /// - Returns: nil when that connection sent no such update, or it is too long ago.
    package init?(continuing kept: consuming SentView, from tick: UInt64, update: UInt32, encoding: ViewEncoding) {
        var known = kept.known
        guard kept.history.rewind(to: tick, update: update, &known) else { return nil }
        avatar = kept.avatar
        self.encoding = encoding
        self.tick = tick
        self.known = known
        history = kept.history
        isContinued = true
    }

    /// An update was written that makes the view complete through the tick.
    mutating func sent(_ tick: UInt64, arrived: ContiguousArray<KnownEntity>, departed: ContiguousArray<KnownEntity>) {
        updateCount &+= 1
        history.append(tick, update: updateCount, arrived: arrived, departed: departed)
    }

    /// Gives memory back when a crowd has left the view. 8 KiB are kept, and a quarter full is not yet empty enough: a view that breathes is not copied.
    mutating func giveBack() {
        if known.capacity > 1_024, known.count * 4 < known.capacity {
            var smaller = ContiguousArray<KnownEntity>()
            smaller.reserveCapacity(known.count * 2)
            smaller.append(contentsOf: known)
            known = smaller
        }
    }

    package var isMonitor: Bool { avatar.isNone }
    package var knownCount: Int { known.count }
    /// Memory of what was sent.
    package var byteCount: Int { known.capacity * MemoryLayout<KnownEntity>.stride + history.byteCount }
}
