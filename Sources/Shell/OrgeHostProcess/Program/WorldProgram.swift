import Glibc
import OrgeHost
public import OrgeWorld

/// A world's executable.
///
///     import MeadowWorld
///     import OrgeHostProcess
///
///     @main enum Main { static func main() { WorldProgram.run(Meadow.self) } }
public enum WorldProgram {
    /// Does what the command line says, and exits: 0 when it went well, 1 when not, 2 when the command line made no sense, 65 when the world's
    /// declaration is invalid: then standard error has one line, `FILE:LINE: SENTENCE`.
    public static func run<W: World>(_ world: W.Type, fileID: StaticString = #fileID, line: UInt = #line) -> Never {
        var arguments = Arguments(CommandLine.arguments)
        do throws(ProgramFailure) {
            if let refusal = CrashPoint.refusal { throw refusal }
            let mode = try arguments.mode()
            let site = DeclarationSite(fileID: fileID, line: line)
            if case .check(let isJSON) = mode { try DeclarationCheck.run(world, site, isJSON: isJSON) }
            let fault = fault(in: world, site)
            if let fault, case .host(let options) = mode { HostStart.report(fault, to: ControlLink(options.control)) }
            if let fault { throw fault }
            try checkRoom(for: world, mode)
            switch mode {
            case .help(let text): printLine(text)
            case .check: break
            case .describe: printLine("\(W.name) \(W.version)")
            case .schema: printLine(WorldEngine.schema(of: world).encoded().hexadecimal)
            case .host(let options): try HostStart.serve(world, options)
            case .examine(let options): try Examination.run(world, options)
            case .fast(let options): try FastRun.run(world, options)
            case .stretch(let options): try stretch(world, options)
            case .migration(let schema, let isJSON): try MigrationReport.run(world, schema, isJSON: isJSON)
            case .replay(let folder, let isJSON): try WorldReplay.run(world, folder: folder, isJSON: isJSON)
            }
        } catch {
            printError(error.code == ProgramFailure.authorFaultCode ? error.message : "\(W.name): \(error.message)")
            exit(error.code)
        }
        exit(0)
    }

    private static func stretch<W: World>(_ world: W.Type, _ options: StretchOptions) throws(ProgramFailure) {
        do throws(StartFailure) { try StretchProgram(options).run(world) } catch { throw ProgramFailure(message: "\(error)") }
    }

    /// A world that will run needs room for its rows; asking for it later would end in a trap.
    private static func checkRoom<W: World>(for world: W.Type, _ mode: ProgramMode) throws(ProgramFailure) {
        do throws(ProgramFailure) {
            switch mode {
            case .help, .check, .describe, .schema, .migration: return
            case .host, .examine, .fast, .replay, .stretch: try AddressSpace.check(WorldEngine.reservations(of: world))
            }
        } catch {
            if case .host(let options) = mode { HostStart.report(error, to: ControlLink(options.control)) }
            throw error
        }
    }

    /// A mistake in the declaration is said before anything is done with the world.
    private static func fault<W: World>(in world: W.Type, _ site: DeclarationSite) -> ProgramFailure? {
        do throws(AuthorFault) {
            try WorldEngine.check(world, site: site)
            return nil
        } catch {
            return ProgramFailure(message: "\(error)", code: ProgramFailure.authorFaultCode)
        }
    }
}
