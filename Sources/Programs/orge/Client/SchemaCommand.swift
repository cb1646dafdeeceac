import ArgumentParser
import OrgeClient
import OrgeSchema
import OrgeSession
import OrgeWire

struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints what a client may know of a world: components, commands, intents, events.",
        discussion: """
            A command's line names the fields of its result. Where more commands wait than a tick takes, passes over the senders fill the tick, and each \
            sender has the same share of a pass; a command uses 1 unit of it unless its line says more.

            Examples:
              orge schema --data data --world meadow
              orge schema --connect 127.0.0.1:9512 --world ledger --json
            """
    )

    @OptionGroup var options: ConnectOptions
    @OptionGroup var timeout: TimeoutOptions

    @Flag(help: "Prints one JSON object.")
    var json = false

    func run() throws {
        let code = try SchemaReader(options, timeout, json: json).run(kind: .tool)
        if code != 0 { throw ExitCode(code) }
    }
}

private final class SchemaReader: Visitor {
    private let json: Bool

    init(_ options: ConnectOptions, _ timeout: TimeoutOptions, json: Bool) {
        self.json = json
        super.init(options, timeout, as: defaultAccount())
    }

    override func choose(_ world: WorldEntry, _ connection: ClientConnection) { _ = connection.describe(world.name) }

    override func handle(_ reaction: ClientReaction, _ connection: ClientConnection) {
        guard case .described(let hash) = reaction, let schema = connection.session.known?.schema else { return }
        print(json ? SchemaText.json(schema, hash: hash).text : SchemaText.lines(schema, hash: hash).map(\.printable).joined(separator: "\n"))
        finish(0)
    }
}
