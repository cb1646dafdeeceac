import OrgeSchema
import OrgeSystem
import OrgeWorld

/// `--fast`: a world alone, as fast as it goes, with generated commands.
enum FastRun {
    static func run<W: World>(_ world: W.Type, _ options: FastOptions) throws(ProgramFailure) {
        guard let descriptor = options.trace else { return report(world, options) }
        let flight = try system { () throws(SystemError) in try HostFlight(options.flight, run: options.run) }
        let engine = WorldEngine(world, number: 1, seed: options.seed, flight: flight.slot)
        let trace = RunTrace(descriptor, engine.schema)
        var script = ScriptedRun(engine, seed: options.seed, drawsBoundaries: options.drawsBoundaries, without: options.without)
        trace.ran(engine)
        for _ in 0..<options.ticks {
            script.step { trace.willRun($0) }
            trace.ran(engine)
        }
    }

    private static func report<W: World>(_ world: W.Type, _ options: FastOptions) {
        let engine = WorldEngine(world, number: 1, seed: options.seed)
        var script = ScriptedRun(engine, seed: options.seed, drawsBoundaries: options.drawsBoundaries, without: options.without)
        let began = monotonicNanoseconds()
        script.run(ticks: UInt64(options.ticks))
        let milliseconds = (monotonicNanoseconds() - began) / 1_000_000
        printLine(
            "\(W.name): \(options.ticks) ticks in \(milliseconds) ms, \(engine.entityCount) entities, \(script.applied) applied, \(script.refused) refused, "
                + "state \(engine.stateHash.hexadecimal)")
    }
}
