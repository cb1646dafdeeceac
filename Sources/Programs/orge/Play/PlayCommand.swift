import ArgumentParser
import Glibc
import OrgeSystem

struct Play: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Plays in a world, in a terminal: its view as a table, commands by name, events as they come.",
        discussion: """
            Type a command or an intent and its fields, as for `orge call`; Tab completes names, fields, values and the ids of \
            entities in view. `help` lists what there is, `help NAME` shows fields and their ranges, `quit` leaves. The table has \
            your avatar first, then what is near; `columns COMPONENT` and `only COMPONENT` choose what it shows.

            A terminal of 80 x 24 is enough. Without one there are `orge call` and `orge watch`, for scripts. NO_COLOR in the \
            environment turns colours off.

            Examples:
              orge play --data data --world meadow
              orge play --connect 127.0.0.1:9512 --world ledger --as ada
            """
    )

    @OptionGroup var options: ConnectOptions
    @OptionGroup var timeout: TimeoutOptions

    @Option(name: .customLong("as"), help: ArgumentHelp("The account (default: cli- and your user name).", valueName: "name"))
    var account: String?

    func run() throws {
        try Self.checkTerminal()
        let code = try PlaySession(options, timeout, as: account ?? defaultAccount()).run()
        if code != 0 { throw ExitCode(code) }
    }

    private static func checkTerminal() throws {
        guard Terminal.isTerminal(STDIN_FILENO), Terminal.isTerminal(STDOUT_FILENO) else {
            throw CommandFailure("orge play needs a terminal as its input and output; scripts use `orge call` and `orge watch`")
        }
        let kind = unsafe getenv("TERM").map { unsafe String(cString: $0) } ?? ""
        if kind.isEmpty || kind == "dumb" {
            throw CommandFailure(
                "orge play draws on the whole terminal, which this one cannot do (TERM is \(kind.isEmpty ? "not set" : kind)); "
                    + "there are `orge call` and `orge watch`")
        }
    }
}
