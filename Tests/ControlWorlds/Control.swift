import OrgeWorld

/// Three worlds that break the rules on purpose: the check of reproducibility must catch each of them.
///
/// `control-worlds set|padding|clock TICKS SEED` prints the final state hash. Two runs of a world that keeps the rules agree; these do not.
@main enum Control {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let ticks = UInt64(arguments[2]), let seed = UInt64(arguments[3]) else {
            print("usage: control-worlds set|padding|clock|sound TICKS SEED")
            return
        }
        switch arguments[1] {
        case "set": run(SetWorld.self, ticks, seed)
        case "padding": run(PaddingWorld.self, ticks, seed)
        case "clock": run(ClockWorld.self, ticks, seed)
        default: run(SoundWorld.self, ticks, seed)
        }
    }

    private static func run<W: World>(_ world: W.Type, _ ticks: UInt64, _ seed: UInt64) {
        var script = ScriptedRun(WorldEngine(world, number: 1, seed: seed), seed: seed)
        script.run(ticks: ticks)
        print(String(script.engine.stateHash, radix: 16))
    }
}

/// What the four have in common: numbers that a system changes each tick.
struct Number: Component {
    var value: UInt64 = 0
}

extension World {
    static func fill(_ turn: inout Turn) {
        do {
            for index in 0..<64 as Range<UInt64> { try turn.set(try turn.spawn(), Number(value: index)) }
        } catch { preconditionFailure("\(error)") }
    }

    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if let known = turn.avatar(of: identity.id) { return known }
        return try turn.spawn()
    }
}

/// Keeps the rules.
enum SoundWorld: World {
    static let name = "sound"
    static var parts: Parts {
        Number.self
        Add.self
    }
    static func start(_ turn: inout Turn) { fill(&turn) }

    enum Add: System {
        static var writes: [any Component.Type] { [Number.self] }
        static func run(_ turn: inout Turn) { turn.each { (number: inout Number) in number.value = mix64(number.value) } }
    }
}

/// Lets the order of a set decide.
enum SetWorld: World {
    static let name = "set"
    static var parts: Parts {
        Number.self
        Choose.self
    }
    static func start(_ turn: inout Turn) { fill(&turn) }

    enum Choose: System {
        static var writes: [any Component.Type] { [Number.self] }
        static func run(_ turn: inout Turn) {
            var seen: Set<UInt64> = []
            turn.each { (number: Number) in seen.insert(number.value) }
            let first = seen.first ?? 0
            turn.each { (number: inout Number) in number.value = mix64(number.value ^ first) }
        }
    }
}

/// Reads the clock.
enum ClockWorld: World {
    static let name = "clock"
    static var parts: Parts {
        Number.self
        Stamp.self
    }
    static func start(_ turn: inout Turn) { fill(&turn) }

    enum Stamp: System {
        static var writes: [any Component.Type] { [Number.self] }
        static func run(_ turn: inout Turn) {
            let now = ContinuousClock.now
            let nanoseconds = UInt64(bitPattern: Int64(truncatingIfNeeded: (ContinuousClock().systemEpoch.duration(to: now)).components.attoseconds))
            turn.each { (number: inout Number) in number.value ^= nanoseconds }
        }
    }
}
