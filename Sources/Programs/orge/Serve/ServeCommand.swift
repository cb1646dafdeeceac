import ArgumentParser
import OrgeControl

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serves worlds: starts a host for each and edges for their clients, and watches them.",
        discussion: """
            A world is an executable (a library plus a three-line main). Its state lives in DIR/worlds/NAME and survives any \
            kind of end; a host that dies is started again, and clients keep their connections. Ctrl-C or SIGTERM stops in \
            order, with exit code 0.

            Examples:
              orge serve --world .build/release/meadow --data data
              orge serve --world path/of/one --world path/of/another --data data
              orge serve --world .build/release/meadow --data data --dev --bots 100
              orge serve --world .build/release/meadow --data data --forget-history

            A world's journal is kept whole, so that `ledger --replay DIR` runs everything again: it only grows. With \
            --forget-history, whatever the two newest images have made needless is deleted, for good, and the folder stays bounded.

            With --json the first line is
              {"event":"ready","address":"127.0.0.1:PORT","web":"http://…"}
            and one line follows for each child that dies or is back.
            """
    )

    @Option(name: .customLong("world"), help: ArgumentHelp("The executable of a world; needed, and may be given several times.", valueName: "path"))
    var worlds: [String] = []

    @Option(help: ArgumentHelp("Where the worlds live; made when missing.", valueName: "dir"))
    var data: String

    @Option(help: "The port for clients of every kind, and for the web page; 0 takes any free one.")
    var port: UInt16 = 9512

    @Option(help: "The address to listen on. Only loopback addresses until there is encryption.")
    var address = "127.0.0.1"

    @Option(help: ArgumentHelp("How many clients may be logged in at once, through all edges together, 1 to 100000.", valueName: "n"))
    var maxClients = 1_000

    @Option(help: ArgumentHelp("How many edge processes share the port, 1 to 32. One edge uses one core.", valueName: "n"))
    var edges = 1

    @Flag(help: "Development mode: the printed address lets its holder kill worlds.")
    var dev = false

    @Option(help: ArgumentHelp("Populates the first world with this many bots, up to 10000; needs --dev.", valueName: "n"))
    var bots: Int?

    @Flag(help: "Deletes the part of each world's journal that no image needs; --replay then begins at an image.")
    var forgetHistory = false

    @Flag(help: "Prints lines of JSON for scripts.")
    var json = false

    @Option(help: .hidden)
    var edgeExecutable: String?

    func validate() throws {
        if worlds.isEmpty { throw ValidationError("There is no world to serve. Name its executable: --world .build/release/meadow") }
        // 14 bits of an entity's id name its world; a machine does not hold as many hosts.
        if worlds.count > 256 { throw ValidationError("One server holds at most 256 worlds, these are \(worlds.count).") }
        if !(1...100_000).contains(maxClients) { throw ValidationError("--max-clients must be from 1 to 100000.") }
        if !(1...EdgeRoster.edgesLimit).contains(edges) { throw ValidationError("--edges must be from 1 to \(EdgeRoster.edgesLimit).") }
        if let bots {
            if !dev { throw ValidationError("--bots works in development mode only. Add --dev.") }
            if !(0...10_000).contains(bots) { throw ValidationError("--bots must be from 0 to 10000.") }
        }
    }

    func run() throws {
        let code = try ServerProcess(self).run()
        if code != 0 { throw ExitCode(code) }
    }
}
