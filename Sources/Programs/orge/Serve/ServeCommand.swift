import ArgumentParser

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serves worlds: starts a host for each world and edges for the clients, and restarts processes that die.",
        discussion: """
            A world is an executable (a library plus a three-line main). Its state is kept in DIR/worlds/NAME, and a kill at \
            any moment loses none of it; a host that dies is started again, and clients keep their connections. Ctrl-C or \
            SIGTERM stops in order, with exit code 0.

            Examples:
              orge serve --world .build/release/meadow --data data
              orge serve --world path/of/one --world path/of/another --data data
              orge serve --world .build/release/meadow --data data --dev --bots 100
              orge serve --world .build/release/meadow --data data --forget-history

            A world's journal is kept whole, so that `ledger --replay DIR` can run everything again: it only grows. With \
            --forget-history the records that the two newest images do not need are deleted, permanently, and the folder's size \
            is bounded.

            Given an executable with another schema, a world's data is migrated: what changes is shown, and where nothing could take it back \
            the start ends with exit code 1 and asks for --one-way.

            Every option but --json, --one-way and --config is a setting: it may also stand in orge.json in the data folder, or in the \
            environment. `orge config show` lists the values and where they come from; docs/configuration.md has all of them.

            With --json the first line is
              {"event":"ready","address":"127.0.0.1:PORT","web":"http://…"}
            and one line follows for each child that dies, has been started again, is silent or reports again.
            """
    )

    @OptionGroup var settings: SettingsOptions

    @Flag(help: "Prints lines of JSON for scripts.")
    var json = false

    @Flag(help: "Lets a world's new code migrate its data also where nothing takes the change back: a dropped field, a converted one.")
    var oneWay = false

    @Option(help: .hidden)
    var edgeExecutable: String?

    func run() throws {
        let settings = try SettingsSources(settings).settings()
        if settings.worlds.isEmpty { throw ValidationError("There is no world to serve. Name its executable: --world .build/release/meadow") }
        if settings.data == nil { throw ValidationError("There is no data folder. Name it: --data data") }
        try warn(settings.warnings)
        let plan = try ServerPlan(settings, output: json ? .json : .sentences, edgeExecutable: edgeExecutable, isOneWay: oneWay)
        let code = try ServerProcess(plan).run()
        if code != 0 { throw ExitCode(code) }
    }
}
