import ArgumentParser

@main
struct Orge: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orge",
        abstract: "Serves simulated worlds, and inspects running servers.",
        discussion: """
            Examples:
              orge new garden
              orge serve --world .build/release/meadow --data data --port 9512
              orge status --data data
            """,
        version: Program.software,
        subcommands: [
            New.self, Check.self, Serve.self, Status.self, Faults.self, Call.self, Watch.self, Play.self, Schema.self, Bots.self, ListImage.self,
            Replay.self, Doctor.self, Config.self,
            Edge.self, CheckHistory.self,
        ]
    )

    /// Parses the arguments and runs the command. An error is printed once, for people or for a script.
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch {
            end(error, arguments)
        }
    }
}
