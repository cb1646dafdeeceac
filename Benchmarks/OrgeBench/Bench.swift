import Glibc

/// In-process measurements, one JSON object a line: `orge-bench query|hash|command|ledger|arrival|departure|audit|image|migration|sessions|list`.
@main enum Bench {
    static let all: [(name: String, run: @Sendable () -> Void)] = [
        ("query", QueryBench.run), ("hash", HashBench.run), ("command", CommandBench.run), ("ledger", LedgerBench.run),
        ("arrival", ArrivalBench.run), ("departure", DepartureBench.run), ("audit", AuditBench.run),
        ("image", ImageBench.run), ("migration", MigrationBench.run), ("sessions", SessionBench.run),
    ]

    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        guard let name = arguments.first, name != "list" else {
            for bench in all { print(bench.name) }
            return
        }
        guard let bench = all.first(where: { $0.name == name }) else {
            print("orge-bench: there is no measurement \"\(name)\"; try: orge-bench list")
            exit(2)
        }
        bench.run()
    }

    /// CPU seconds of this process so far, user and system.
    static var cpuSeconds: Double {
        var usage = rusage()
        _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    /// The median CPU seconds of `runs` calls.
    static func median(_ runs: Int = 5, _ body: () -> Void) -> Double {
        let times = (0..<runs).map { _ in
            let start = cpuSeconds
            body()
            return cpuSeconds - start
        }
        return times.sorted()[runs / 2]
    }

    static func report(_ name: String, _ figures: KeyValuePairs<String, Double>) {
        let fields = figures.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ")
        print("{\"bench\": \"\(name)\", \(fields)}")
    }
}
