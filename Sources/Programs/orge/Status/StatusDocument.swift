import OrgeControl
import OrgeSupervisor

/// What `orge status --json` prints; also the answer on the control socket.
struct StatusDocument: Decodable {
    struct Process: Decodable { var pid: Int32 }
    struct Edge: Decodable {
        var pid: Int32?
        var state: String
        var silent_ms: Double
        var kind: String?
        var address: String?
        var clients: Int
        /// Of the whole server.
        var limit: Int
        /// What the edge may admit now.
        var slots: Int
    }
    struct TickTimes: Decodable { var p50, p99, max: Double }
    /// The last record, which was not durable when the host before ended.
    struct Dropped: Decodable {
        var bytes: UInt64
        var tick: UInt64
    }
    struct World: Decodable {
        var name: String
        var version: Int?
        var pid: Int32?
        var state: String
        var silent_ms: Double
        var paused: String?
        var faults: UInt64
        var trouble: String?
        var incarnation: UInt64?
        var tick: UInt64?
        var tick_ms: TickTimes
        var late: UInt64
        var entities: UInt64
        var disk_bytes: UInt64?
        var journal_bytes_per_hour: UInt64?
        /// Of the background check of history.
        var checked_through: UInt64?
        var damage: String?
        var dropped: Dropped?
        var hash: String?
    }

    var supervisor: Process
    var edges: [Edge]
    var worlds: [World]

    /// - Parameter history: what is known of the history of a world.
    static func document(_ status: UniverseStatus, pid: Int32, history: (String) -> CheckedHistory = { _ in CheckedHistory() }) -> JSONValue {
        .object([
            ("supervisor", .object([("pid", .pid(pid))])),
            ("edges", .array(status.edges.map(edge))),
            ("worlds", .array(status.worlds.map { world($0, history($0.name)) })),
        ])
    }

    private static func edge(_ edge: UniverseStatus.Edge) -> JSONValue {
        .object([
            ("pid", .pid(edge.pid)),
            ("state", .string(edge.state.rawValue)),
            ("silent_ms", .milliseconds(edge.silent)),
            ("kind", edge.status.map { .string($0.kind) } ?? .null),
            ("address", edge.address.map(JSONValue.string) ?? .null),
            ("clients", .integer(Int(edge.status?.clients ?? 0))),
            ("limit", .integer(Int(edge.status?.limit ?? 0))),
            ("slots", .integer(Int(edge.status?.slots ?? 0))),
        ])
    }

    /// Before a world's first report there is no hash, and before its host was ready nothing but its name.
    private static func world(_ world: UniverseStatus.World, _ history: CheckedHistory) -> JSONValue {
        let incarnation = world.status?.incarnation ?? world.ready?.incarnation
        let tick = world.status?.tick ?? world.ready?.tick
        let identity: [(String, JSONValue)] = [
            ("name", .string(world.name)),
            ("version", world.ready.map { .integer(Int($0.version)) } ?? .null),
            ("pid", .pid(world.pid)),
            ("state", .string(world.state.rawValue)),
            ("silent_ms", .milliseconds(world.silent)),
            ("paused", world.paused.map { .string($0.rawValue) } ?? .null),
            ("faults", .count(world.faults)),
            ("trouble", world.trouble.map(JSONValue.string) ?? .null),
            ("incarnation", incarnation.map(JSONValue.count) ?? .null),
            ("tick", tick.map(JSONValue.count) ?? .null),
        ]
        let dropped = world.ready.flatMap { ready in
            ready.droppedBytes == 0 ? nil : JSONValue.object([("bytes", .count(ready.droppedBytes)), ("tick", .count(ready.droppedTick))])
        }
        let checked: [(String, JSONValue)] = [
            ("checked_through", history.through.map(JSONValue.count) ?? .null), ("damage", history.damage.map(JSONValue.string) ?? .null),
            ("dropped", dropped ?? .null),
        ]
        return .object(identity + figures(world.status) + checked)
    }

    private static func figures(_ status: HostStatus?) -> [(String, JSONValue)] {
        let times: [(String, JSONValue)] = [
            ("p50", .milliseconds(status?.tickP50Nanoseconds ?? 0)),
            ("p99", .milliseconds(status?.tickP99Nanoseconds ?? 0)),
            ("max", .milliseconds(status?.tickMaxNanoseconds ?? 0)),
        ]
        return [
            ("tick_ms", .object(times)),
            ("late", .count(status?.late ?? 0)),
            ("entities", .count(status?.entities ?? 0)),
            ("disk_bytes", status.map { .count($0.disk.bytes) } ?? .null),
            ("journal_bytes_per_hour", status.map { .count($0.disk.journalBytesPerHour) } ?? .null),
            ("journal_syncs", status.map { .count($0.disk.syncs) } ?? .null),
            ("journal_sync_ms", status.map { syncs($0.disk) } ?? .null),
            ("hash", status.map { .hexadecimal($0.hash) } ?? .null),
            ("images", status.map { images($0.images) } ?? .null),
        ]
    }

    private static func syncs(_ disk: HostDiskStatus) -> JSONValue {
        .object([("p50", .milliseconds(disk.syncP50Nanoseconds)), ("p99", .milliseconds(disk.syncP99Nanoseconds))])
    }

    private static func images(_ images: HostImageStatus) -> JSONValue {
        .object([
            ("tick", .count(images.tick)), ("lost", .count(images.lost)), ("failed", .count(images.failed)), ("stopped", .count(images.stopped)),
            ("trouble", .string(images.trouble)),
        ])
    }
}
