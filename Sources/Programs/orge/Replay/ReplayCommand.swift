import ArgumentParser
import OrgeJournal
import OrgeSystem

struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the history of a world again and checks every hash.",
        discussion: """
            Each stretch of the history is run by the kept executable that recorded it, with its amendments, and ends with an image in a temporary \
            folder from which the next executable goes on. The exit code is 0 only when every hash agrees: the state hash and the chain that each record \
            names, and the hashes of the images that are kept. Takes no lock and writes nothing into the data folder, so a server may be at work on it.

            Where the first records are gone (--forget-history), the run begins at the oldest image that is kept.

            With --json one line follows for each stretch that has begun, one for progress now and then, and the last line is \
            {"ticks":N,"outcomes":N,"amendments":N,"ok":true}.

            Examples:
              orge replay --data data --world ledger --verify
              orge replay --data data --verify --json
            """
    )

    @Option(help: ArgumentHelp("The data folder of a server.", valueName: "dir"))
    var data: String

    @Option(help: "The world; may be left out where there is one.")
    var world: String?

    @Flag(help: "Checks every hash. To see the outcomes of one executable's records, use WORLD --replay.")
    var verify = false

    @Option(help: ArgumentHelp("A folder for the images between stretches and for unpacked executables; by default TMPDIR.", valueName: "dir"))
    var scratch: String?

    @Flag(help: "Prints lines of JSON for scripts.")
    var json = false

    func validate() throws {
        if !verify { throw ValidationError("Say what to do: --verify") }
    }

    func run() throws {
        let name = try world ?? Self.onlyWorld(in: data)
        let scratch = try ScratchFolder(below: scratch)
        defer { scratch.remove() }
        var run = VerifyRun(data: data, world: name, scratch: scratch.path, isJSON: json)
        if try !run.verify() { throw ExitCode(1) }
    }

    private static func onlyWorld(in data: String) throws -> String {
        let worlds = try UniverseFile(in: try existingFolder(data)).worlds
        guard let only = worlds.first, worlds.count == 1 else {
            let names = worlds.map(\.name).joined(separator: ", ")
            throw CommandFailure(
                worlds.isEmpty ? "no world was ever started in \(data)" : "there are several worlds in \(data): \(names)", remedy: "Name one with --world.")
        }
        return only.name
    }
}

/// Opens a data folder that must be there.
func existingFolder(_ path: String) throws -> Folder {
    do throws(SystemError) {
        return try Folder(path)
    } catch {
        throw CommandFailure("\(error)", remedy: "Name the data folder of a server.")
    }
}
