import Glibc
public import OrgeWorld

/// A world's executable.
///
///     import MeadowWorld
///     import OrgeHostProcess
///
///     @main enum Main { static func main() { WorldProgram.run(Meadow.self) } }
public enum WorldProgram {
    /// Does what the command line says, and exits: 0 when it went well, 1 when not, 2 when the command line made no sense.
    public static func run<W: World>(_ world: W.Type) -> Never {
        var arguments = Arguments(CommandLine.arguments)
        do throws(ProgramFailure) {
            switch try arguments.mode() {
            case .help(let text): printLine(text)
            case .describe: describe(world)
            case .host(let options): try HostStart.serve(world, options)
            case .fast(let ticks, let seed): FastRun.run(world, ticks: ticks, seed: seed)
            case .replay(let folder, let isJSON): try Replay.run(world, folder: folder, isJSON: isJSON)
            }
        } catch {
            printError("\(W.name): \(error.message)")
            exit(error.code)
        }
        exit(0)
    }

    /// Looks through the parts as well: a mistake in them is said before anything is served.
    private static func describe<W: World>(_ world: W.Type) {
        _ = WorldEngine.schema(of: world)
        printLine("\(W.name) \(W.version)")
    }
}
