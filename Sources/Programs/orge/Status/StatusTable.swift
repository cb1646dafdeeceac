/// The status for people: aligned columns, one line per edge and world.
struct StatusTable {
    let status: StatusDocument

    init(_ status: StatusDocument) { self.status = status }

    var lines: [String] {
        let edgeRows = status.edges.enumerated().map { index, edge in
            ["\(index)", pid(edge.pid), Self.state(edge.state, silent: edge.silent_ms), edge.kind ?? "-", edge.address ?? "-", clients(edge)]
        }
        let edges = [["EDGE", "PID", "STATE", "KIND", "ADDRESS", "CLIENTS"]] + edgeRows + total
        let worlds =
            [["WORLD", "PID", "STATE", "TICK", "TICK MS (P50/P99/MAX)", "LATE", "FAULTS", "ENTITIES", "DISK", "JOURNAL/H", "CHECKED", "INCARNATION", "HASH"]]
            + status.worlds.map(row)
        let troubles = status.worlds.compactMap { world in world.trouble.map { "\(world.name) waits for its disk: \($0)" } }
        return ["supervisor \(status.supervisor.pid)", ""] + TextTable.aligned(edges) + [""] + TextTable.aligned(worlds) + troubles
            + status.worlds.flatMap(Self.warnings)
    }

    /// What is wrong with a world's journal, or was at its start.
    static func warnings(_ world: StatusDocument.World) -> [String] {
        var lines: [String] = []
        if let damage = world.damage { lines += ["", "DAMAGE in the history of world \(world.name): \(damage)"] }
        if let dropped = world.dropped {
            lines += ["", "world \(world.name): \(dropped.bytes) bytes of a record of tick \(dropped.tick), which was not durable, were dropped at its start"]
        }
        return lines
    }

    private func clients(_ edge: StatusDocument.Edge) -> String {
        status.edges.count > 1 ? "\(edge.clients)" : "\(edge.clients) of \(edge.limit)"
    }

    /// With several edges their limit is one.
    private var total: [[String]] {
        guard status.edges.count > 1, let limit = status.edges.map(\.limit).max() else { return [] }
        return [["all", "", "", "", "", "\(status.edges.reduce(0) { $0 + $1.clients }) of \(limit)"]]
    }

    private func row(_ world: StatusDocument.World) -> [String] {
        let times = [world.tick_ms.p50, world.tick_ms.p99, world.tick_ms.max].map { "\($0)" }.joined(separator: "/")
        return [
            "\(world.name) \(world.version.map { "v\($0)" } ?? "")", pid(world.pid), Self.state(world.state, silent: world.silent_ms, paused: world.paused),
            world.tick.map { "\($0)" } ?? "-", times, "\(world.late)", "\(world.faults)",
            "\(world.entities)", Self.size(world.disk_bytes), Self.size(world.journal_bytes_per_hour), world.checked_through.map { "\($0)" } ?? "-",
            world.incarnation.map { "\($0)" } ?? "-",
            world.hash ?? "-",
        ]
    }

    /// `silent 4.2 s`, `ready, paused: storage`.
    static func state(_ state: String, silent milliseconds: Double, paused: String? = nil) -> String {
        let tenths = Int(milliseconds / 100)
        let silence = tenths > 0 ? " \(tenths / 10).\(tenths % 10) s" : ""
        return state + silence + (paused.map { ", paused: \($0)" } ?? "")
    }

    private func pid(_ pid: Int32?) -> String { pid.map { "\($0)" } ?? "-" }

    /// Two or three digits and a binary unit: enough to see what fills a disk.
    static func size(_ bytes: UInt64?) -> String {
        guard let bytes else { return "-" }
        if bytes < 1_024 { return "\(bytes) B" }
        var (value, remainder, unit) = (bytes, 0 as UInt64, -1)
        while value >= 1_024 { (value, remainder, unit) = (value / 1_024, value % 1_024, unit + 1) }
        let tenth = value < 10 ? ".\(remainder * 10 / 1_024)" : ""
        return "\(value)\(tenth) \(["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"][unit])"
    }
}
