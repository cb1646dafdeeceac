import ArgumentParser

@main
struct Orge: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orge",
        abstract: "Serves simulated worlds, and looks into served ones.",
        discussion: """
            Examples:
              orge serve --world .build/release/meadow --data data --port 9512
              orge status --data data
            """,
        version: "orge 0.1.0",
        subcommands: [Serve.self, Status.self, Call.self, Watch.self, Schema.self, Bots.self, Image.self, Edge.self]
    )
}
