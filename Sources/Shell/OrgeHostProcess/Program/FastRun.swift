import OrgeSchema
import OrgeSystem
import OrgeWorld

/// `--fast`: a world alone, as fast as it goes, with generated commands.
enum FastRun {
    static func run<W: World>(_ world: W.Type, ticks: Int, seed: UInt64) {
        let engine = WorldEngine(world, number: 1, seed: seed)
        var script = ScriptedRun(engine, seed: seed)
        let began = monotonicNanoseconds()
        script.run(ticks: UInt64(ticks))
        let milliseconds = (monotonicNanoseconds() - began) / 1_000_000
        printLine(
            "\(W.name): \(ticks) ticks in \(milliseconds) ms, \(engine.entityCount) entities, \(script.applied) applied, \(script.refused) refused, "
                + "state \(engine.stateHash.hexadecimal)")
    }
}
