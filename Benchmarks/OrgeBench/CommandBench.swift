import OrgeWorld

/// A command of 32 bytes that changes nothing and answers with as many: what the way in and out costs by itself.
enum CommandBench {
    struct Echo: Command {
        var a: UInt64 = 0
        var b: Double = 0
        var c: Int32 = 0
        var d: Float = 0
        var e: UInt64 = 0

        static var fields: [FieldRule<Self>] { [.range(\.c, -1_000...1_000), .finite(\.d)] }

        static func run(_ echo: Echo, _ turn: inout Turn) throws(Refusal) -> Echoed {
            Echoed(a: echo.a, b: echo.b, c: echo.c, d: echo.d, e: echo.e)
        }
    }

    struct Echoed: Record {
        var a: UInt64 = 0
        var b: Double = 0
        var c: Int32 = 0
        var d: Float = 0
        var e: UInt64 = 0
    }

    enum Cave: World {
        static let name = "cave"
        static var parts: Parts { Echo.self }
        static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
    }

    static func run() {
        let engine = WorldEngine(Cave.self, number: 1, seed: 1)
        var tick: UInt64 = 1
        let sessions: UInt64 = 1_000
        _ = engine.execute(tick: tick, utcMilliseconds: 0, inputs: (1...sessions).map { .arrive(session: $0, .guest("a\($0)")) })
        var generator = CommandGenerator(schema: engine.schema, seed: 5)
        let inputs = (0..<10_000 as Range<UInt64>).map { sequence -> Input in
            guard let (kind, payload) = generator.command() else { preconditionFailure("the cave has a command") }
            return .command(session: sequence % sessions + 1, sequence: sequence, kind: kind, payload: payload)
        }
        let rounds = 50
        var applied = 0
        let time = Bench.median {
            applied = 0
            for _ in 0..<rounds {
                tick += 1
                let output = engine.execute(tick: tick, utcMilliseconds: 0, inputs: inputs)
                for outcome in output.outcomes where output.outcomeBytes[outcome.bytes.lowerBound] == 0 { applied += 1 }
            }
        }
        let checks = Bench.median {
            for _ in 0..<rounds {
                for case .command(_, _, let kind, let payload) in inputs {
                    precondition(engine.check(command: kind, payload) == nil, "drawn commands are well-formed")
                }
            }
        }
        let layout = engine.schema.commands[0].row
        let edgeChecks = Bench.median {
            for _ in 0..<rounds {
                for case .command(_, _, _, let payload) in inputs { precondition(layout.fault(in: payload) == nil, "drawn commands are well-formed") }
            }
        }
        let count = Double(rounds * inputs.count)
        Bench.report(
            "command",
            [
                "applied": Double(applied) / count, "ns_per_echo_of_32_bytes": time / count * 1e9, "ns_per_check": checks / count * 1e9,
                "ns_per_check_at_the_edge": edgeChecks / count * 1e9,
            ])
    }
}
