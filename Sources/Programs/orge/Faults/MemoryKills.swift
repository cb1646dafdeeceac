import OrgeSystem

/// How many processes of a group the kernel has killed for memory. SIGKILL alone proves nothing: anybody may have sent it.
struct MemoryKills {
    /// Of the group, with the counter. Nil where the system tells no group.
    private let file: String?
    private let before: UInt64?

    /// Notes the count of a process that begins.
    init(of pid: Int32) {
        let groups = (try? Self.read("/proc/\(pid)/cgroup")) ?? ""
        file = Self.candidates(groups).first { (try? Self.count(in: Self.read($0))) != nil }
        before = file.flatMap { try? Self.count(in: Self.read($0)) }
    }

    /// Whether one has been killed since.
    var hasGrown: Bool {
        guard let file, let before, let now = try? Self.count(in: Self.read(file)) else { return false }
        return now > before
    }

    /// Files that may hold the counter: of the second version of control groups, then of the first. Inside a container the group's own path may not be visible.
    static func candidates(_ groups: String) -> [String] {
        groups.split(separator: "\n").flatMap { line -> [String] in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return [] }
            let path = parts[2] == "/" ? "" : String(parts[2])
            if parts[1].isEmpty { return ["/sys/fs/cgroup\(path)/memory.events", "/sys/fs/cgroup/memory.events"] }
            guard parts[1].split(separator: ",").contains("memory") else { return [] }
            return ["/sys/fs/cgroup/memory\(path)/memory.oom_control", "/sys/fs/cgroup/memory/memory.oom_control"]
        }
    }

    /// The number of the line `oom_kill N`.
    static func count(in text: String) -> UInt64? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == "oom_kill" { return UInt64(words[1]) }
        }
        return nil
    }

    private static func read(_ path: String) throws(SystemError) -> String {
        let file = try Descriptor.reading(path)
        guard case .bytes(let bytes) = try file.read(atMost: 16_384) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }
}
