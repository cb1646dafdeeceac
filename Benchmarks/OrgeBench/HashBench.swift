import OrgeWorld

/// The hash of one changed row of 32 bytes, as the tick's end computes it.
enum HashBench {
    struct Row: BitwiseCopyable {
        var a: UInt64 = 1
        var b: UInt64 = 2
        var c: Int32 = 3
        var d: Int16 = 4
        var e: UInt8 = 5
        var f: UInt64 = 6
    }

    static func run() {
        let plan = RowPlan(Row.self)
        let count = 4_096
        let rows = UnsafeMutablePointer<Row>.allocate(capacity: count + 1)
        unsafe rows.initialize(repeating: Row(), count: count + 1)
        defer { unsafe rows.deallocate() }
        var sum: UInt64 = 0
        let rounds = 2_000
        let time = Bench.median {
            for round in 0..<rounds {
                for index in 0..<count { sum &+= unsafe plan.hash(at: UnsafeRawPointer(rows + index), seed: UInt64(round)) }
            }
        }
        Bench.report("hash", ["ns_per_row_of_32_bytes": time / Double(rounds * count) * 1e9, "sum_low_bit": Double(sum & 1)])
    }
}
