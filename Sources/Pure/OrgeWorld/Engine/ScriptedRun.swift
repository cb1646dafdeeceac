import OrgeSchema

/// Runs a world flat out with inputs generated from a seed: accounts arrive, act, lose their connection, return and leave.
///
/// Two runs of the same world, seeds and length must end in the same state, in every build and on every machine.
package struct ScriptedRun {
    /// Enough that accounts meet each other, few enough that each sends often.
    private static let accountCount = 16

    package let engine: WorldEngine
    private var script: RandomScript
    /// Of each account: its session, and the sequence of its last command.
    private var sessions: [(number: UInt64, sequence: UInt64)] = Array(repeating: (0, 0), count: accountCount)
    private var nextSession: UInt64 = 1
    package private(set) var applied = 0
    package private(set) var refused = 0

    /// - Parameters:
    ///   - seed: of the script; the world has its own.
    ///   - drawsBoundaries: as ``CommandGenerator/drawsBoundaries``.
    ///   - without: names of commands that are not drawn.
    package init(_ engine: WorldEngine, seed: UInt64, drawsBoundaries: Bool = false, without: [String] = []) {
        self.engine = engine
        var schema = engine.schema
        for index in schema.commands.indices where without.contains(schema.commands[index].name) { schema.commands[index].weight = 0 }
        script = RandomScript(schema: schema, seed: seed, accountCount: Self.accountCount, drawsBoundaries: drawsBoundaries)
    }

    /// Runs ticks one after the other.
    package mutating func run(ticks: UInt64) {
        for _ in 0..<ticks { step() }
    }

    /// Runs one tick.
    /// - Parameter willRun: is told the tick's inputs, each with what an account did, before they run: the process may end there.
    package mutating func step(willRun: ([(act: RandomScript.Act, input: Input)]) -> Void = { _ in }) {
        let acts = script.acts(in: engine)
        let inputs = acts.map { input($0) }
        willRun(Array(zip(acts, inputs)).map { (act: $0, input: $1) })
        // Fifty milliseconds a tick from 2026-01-01 on, for worlds that read the calendar.
        let output = engine.execute(tick: engine.tick + 1, utcMilliseconds: 1_767_225_600_000 + engine.tick * 50, inputs: inputs)
        for outcome in output.outcomes { if output.bytes(of: outcome).first == 0 { applied += 1 } else { refused += 1 } }
        for arrival in output.arrivals { handle(arrival) }
    }

    private mutating func handle(_ arrival: Arrival) {
        switch arrival.result {
        case .success(let avatar): script.see(avatar)
        case .failure: if let account = sessions.firstIndex(where: { $0.number == arrival.session }) { script.joinRefused(account) }
        }
    }

    private mutating func input(_ act: RandomScript.Act) -> Input {
        switch act {
        case .join(let account):
            open(account)
            return .arrive(session: sessions[account].number, .guest("account-\(account)"))
        case .rejoin(let account):
            let old = sessions[account].number
            open(account)
            return .resume(session: sessions[account].number, from: old)
        case .disconnect(let account): return .detach(session: sessions[account].number)
        case .leave(let account): return .depart(session: sessions[account].number)
        case .intent(let account, let kind, let payload): return .intent(session: sessions[account].number, kind: kind, payload: payload)
        case .command(let account, let kind, let payload):
            sessions[account].sequence += 1
            return .command(session: sessions[account].number, sequence: sessions[account].sequence, kind: kind, payload: payload)
        }
    }

    private mutating func open(_ account: Int) {
        sessions[account] = (nextSession, 0)
        nextSession += 1
    }
}
