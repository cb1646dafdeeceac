/// Lifts that are to be sealed, and operators' requests that are answered when theirs is released.
struct WaitingLifts: Sendable {
    struct Request: Sendable {
        var number: UInt32
        /// What was in force.
        var measures: [String]
        /// In which it is sealed; nil before.
        var tick: UInt64?
    }

    private var unsealed: [FaultLift] = []
    private var requests: [Request] = []

    /// Nothing is to be sealed.
    var isEmpty: Bool { unsealed.isEmpty }
    var hasRoom: Bool { requests.count < HostLimits.liftRequests }

    mutating func add(_ lift: FaultLift) { unsealed.append(lift) }

    mutating func add(_ lift: FaultLift, of request: UInt32, _ measures: [String]) {
        add(lift)
        requests.append(Request(number: request, measures: measures))
    }

    mutating func seal(in tick: UInt64, into inputs: inout [HostInput]) {
        guard !unsealed.isEmpty else { return }
        inputs += unsealed.map { .lift($0) }
        unsealed = []
        for index in requests.indices where requests[index].tick == nil { requests[index].tick = tick }
    }

    /// Takes out the requests of ticks that are released, oldest first.
    mutating func takeReleased(through tick: UInt64) -> [Request] {
        let count = requests.prefix { $0.tick.map { $0 <= tick } ?? false }.count
        defer { requests.removeFirst(count) }
        return Array(requests[..<count])
    }
}
