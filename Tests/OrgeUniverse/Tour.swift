/// Why a tour ended: a broken promise, or arguments that mean nothing.
package enum TourProblem: Error, CustomStringConvertible {
    case usage(String)
    case broken([BrokenPromise], of: Int)
    /// A control ran through, and should not have.
    case uncaught(Breakage, seeds: Int)
    case rare(CrashPoint, cuts: Int)

    package var description: String {
        switch self {
        case .usage(let why): why + "\n" + Tour.usage
        case .broken(let promises, let count):
            promises.map { "seed \($0.settings.seed) \($0)" }.joined(separator: "\n") + "\n\(promises.count) of \(count) failed"
        case .rare(let point, let cuts): "the power was cut \(cuts) times at \(point)"
        case .uncaught(let breakage, let seeds): "\(breakage.rawValue) was not caught within \(seeds) seeds"
        }
    }
}

/// A run of many universes, from a command line.
package struct Tour {
    package var firstSeed: UInt64 = 1
    package var count: UInt64 = 1
    package var worlds: [WorldChoice] = [.ledger]
    package var fronts: [Front] = [.edge]
    package var lengthPermille: UInt64 = 1000
    package var breakage: Breakage?
    package var losesTails = false
    package var losesLocks = false
    package var hunts = false
    package var isPoisoned = false
    /// Power cuts that each point must have had.
    package var leastCuts = 0
    package var isVerbose = false

    /// Failures after which a tour gives up.
    private static let failureLimit = 5

    static let usage = """
        orge-universe [--seed S] [--seeds N] [--world NAME|all] [--front NAME|all] [--length PERMILLE] [--break NAME] [--lose-tails] [--lose-locks]
                      [--hunt] [--poison] [--least-cuts N] [--verbose]
            --seed S      the first seed (1)
            --seeds N     how many (1)
            --world       \(WorldChoice.allCases.map(\.rawValue).joined(separator: ", ")); all: each seed has one of them in turn (ledger)
            --front       \(Front.allCases.map(\.rawValue).joined(separator: ", ")); all: in turn (edge)
            --length      thousandths of the usual length (1000)
            --break       a control, which must fail: \(Breakage.allCases.map(\.rawValue).joined(separator: ", "))
            --lose-tails  disks lose durable records now and then
            --lose-locks  another server's host starts on a world's folder now and then
            --hunt        run every tick twice, in a copied state, and stop processes for a while
            --poison      Ledger fails on some of the commands that clients send
            --least-cuts  how often each point must have met a power cut
            --verbose     tell what happens
        """

    package init() {}

    package init(arguments: [String]) throws(TourProblem) {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            if setSwitch(name) { continue }
            guard let value = rest.popFirst() else { throw .usage("\(name) needs a value, or is none of ours") }
            guard setOption(name, value) else { throw .usage("\(name) \(value) means nothing") }
        }
    }

    private mutating func setSwitch(_ name: String) -> Bool {
        switch name {
        case "--verbose": isVerbose = true
        case "--lose-tails": losesTails = true
        case "--lose-locks": losesLocks = true
        case "--hunt": hunts = true
        case "--poison": isPoisoned = true
        default: return false
        }
        return true
    }

    private mutating func setOption(_ name: String, _ value: String) -> Bool {
        switch name {
        case "--seed": return set(&firstSeed, UInt64(value))
        case "--seeds": return set(&count, UInt64(value))
        case "--least-cuts": return set(&leastCuts, Int(value))
        case "--length": return set(&lengthPermille, UInt64(value))
        case "--world": return set(&worlds, value == "all" ? WorldChoice.allCases : WorldChoice(rawValue: value).map { [$0] })
        case "--front": return set(&fronts, value == "all" ? Front.allCases : Front(rawValue: value).map { [$0] })
        case "--break":
            breakage = Breakage(rawValue: value)
            return breakage != nil
        default: return false
        }
    }

    private func set<Value>(_ place: inout Value, _ value: Value?) -> Bool {
        if let value { place = value }
        return value != nil
    }

    package func settings(of seed: UInt64) -> UniverseSettings {
        let turn = Int(seed % (1 << 20))
        var settings = UniverseSettings(
            seed: seed, world: worlds[turn % worlds.count], front: fronts[turn / worlds.count % fronts.count], breakage: breakage,
            lengthPermille: lengthPermille, losesTails: losesTails, hunts: hunts, isPoisoned: isPoisoned, losesLocks: losesLocks)
        settings.isVerbose = isVerbose
        return settings
    }

    /// Runs them all; prints one line for each hundred and one at the end.
    package func run() throws(TourProblem) {
        let clock = ContinuousClock()
        let began = clock.now
        var sum = UniverseReport()
        var broken: [BrokenPromise] = []
        for seed in firstSeed..<firstSeed + count {
            switch Universe.run(settings(of: seed)) {
            case .success(let report):
                sum = sum + report
                if count == 1 { print("trace \(report.trace)") }
            case .failure(let promise):
                broken.append(promise)
                if breakage != nil { return print("caught by seed \(seed), \(promise)") }
                print("seed \(seed) \(promise)")
            }
            if broken.count == Self.failureLimit { break }
            if (seed - firstSeed) % 100 == 99 { print("\(seed - firstSeed + 1) universes: \(sum.text)") }
        }
        if let breakage { throw .uncaught(breakage, seeds: Int(count)) }
        print("\(count) universes: \(sum.text)")
        print("hosts died " + CrashPoint.allCases.map { "\($0) \(sum.deaths[$0.rawValue])" }.joined(separator: ", "))
        print("power cuts " + CrashPoint.allCases.map { "\($0) \(sum.powerCuts[$0.rawValue])" }.joined(separator: ", "))
        let speed = Double(sum.milliseconds) / 1_000 / (began.duration(to: clock.now) / .seconds(1))
        print("\(Int(speed)) × real time")
        if !broken.isEmpty { throw .broken(broken, of: Int(count)) }
        for point in CrashPoint.allCases where sum.powerCuts[point.rawValue] < leastCuts { throw .rare(point, cuts: sum.powerCuts[point.rawValue]) }
    }
}

extension UniverseReport {
    /// One line.
    package var text: String {
        """
        \(ticks) ticks; \(sent) commands sent, \(applied) applied, \(refused) refused, \(unknown) unknown, \(notRun) not run; \
        \(resumed) resumed (\(continued) with their view), \(ended) ended, \(resent) sent again; deaths: \(hostDeaths) hosts (\(faults) by faults), \
        \(edgeDeaths) edges, \(linksLost) links, \(clientsLost) clients; \(hostStops) stops; \(audits) audits, \(auditedRows) rows, \(auditsBusy) busy; \
        \(checkedRows) rows and \(intents) numbers of intents checked; \(events) events; \
        \(hostile) hostile; \(shortages) times no room, \(diskErrors) disk errors, \(pauses) processes stopped, \
        \(secondHosts) second hosts, \(fencedHosts) fenced at work, \(refusedHosts) at their start; \(lostTails) tails lost, \(timelineChanges) clients told
        """
    }
}
