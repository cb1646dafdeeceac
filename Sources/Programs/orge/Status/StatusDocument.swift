import OrgeControl
import OrgeSupervisor

/// What `orge status --json` prints; also the answer on the control socket.
struct StatusDocument: Decodable {
    struct Process: Decodable { var pid: Int32 }
    struct Edge: Decodable {
        var pid: Int32?
        var state: String
        var kind: String?
        var address: String?
        var clients: Int
        /// Of the whole server.
        var limit: Int
        /// What the edge may admit now.
        var slots: Int
    }
    struct TickTimes: Decodable { var p50, p99, max: Double }
    struct World: Decodable {
        var name: String
        var version: Int?
        var pid: Int32?
        var state: String
        var incarnation: UInt64?
        var tick: UInt64?
        var tick_ms: TickTimes
        var late: UInt64
        var entities: UInt64
        var hash: String?
    }

    var supervisor: Process
    var edges: [Edge]
    var worlds: [World]

    static func document(_ status: UniverseStatus, pid: Int32) -> JSONValue {
        .object([
            ("supervisor", .object([("pid", .pid(pid))])),
            ("edges", .array(status.edges.map(edge))),
            ("worlds", .array(status.worlds.map(world))),
        ])
    }

    private static func edge(_ edge: UniverseStatus.Edge) -> JSONValue {
        .object([
            ("pid", .pid(edge.pid)),
            ("state", .string(edge.state.rawValue)),
            ("kind", edge.status.map { .string($0.kind) } ?? .null),
            ("address", edge.address.map(JSONValue.string) ?? .null),
            ("clients", .integer(Int(edge.status?.clients ?? 0))),
            ("limit", .integer(Int(edge.status?.limit ?? 0))),
            ("slots", .integer(Int(edge.status?.slots ?? 0))),
        ])
    }

    /// Before a world's first report there is no hash, and before its host was ready nothing but its name.
    private static func world(_ world: UniverseStatus.World) -> JSONValue {
        let incarnation = world.status?.incarnation ?? world.ready?.incarnation
        let tick = world.status?.tick ?? world.ready?.tick
        return .object([
            ("name", .string(world.name)),
            ("version", world.ready.map { .integer(Int($0.version)) } ?? .null),
            ("pid", .pid(world.pid)),
            ("state", .string(world.state.rawValue)),
            ("incarnation", incarnation.map(JSONValue.count) ?? .null),
            ("tick", tick.map(JSONValue.count) ?? .null),
            (
                "tick_ms",
                .object([
                    ("p50", .milliseconds(world.status?.tickP50Nanoseconds ?? 0)),
                    ("p99", .milliseconds(world.status?.tickP99Nanoseconds ?? 0)),
                    ("max", .milliseconds(world.status?.tickMaxNanoseconds ?? 0)),
                ])
            ),
            ("late", .count(world.status?.late ?? 0)),
            ("entities", .count(world.status?.entities ?? 0)),
            ("hash", world.status.map { .hexadecimal($0.hash) } ?? .null),
            ("images", world.status.map { images($0.images) } ?? .null),
        ])
    }

    private static func images(_ images: HostImageStatus) -> JSONValue {
        .object([
            ("tick", .count(images.tick)), ("lost", .count(images.lost)), ("failed", .count(images.failed)), ("stopped", .count(images.stopped)),
            ("trouble", .string(images.trouble)),
        ])
    }
}
