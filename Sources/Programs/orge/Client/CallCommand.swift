import ArgumentParser
import OrgeClient
import OrgeSchema
import OrgeSession
import OrgeWire

struct Call: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Joins a world, runs one command in it, prints its outcome and leaves.",
        discussion: """
            Fields are written NAME=VALUE; `orge schema` lists them, and every field is needed. Entities are written \
            world:slot.generation, as `orge watch --rows` and the web page show them; lists with commas. The exit code is \
            0 only when the command was applied, and 75 when the server has not answered within --timeout: then it \
            may still be applied.

            Examples:
              orge call say text="hello" --data data --world meadow
              orge call say text="hello" --connect 127.0.0.1:9512 --world meadow --json
              orge call transfer to=2:0.1 amount=250 --data data --world ledger --as ada
            """
    )

    @OptionGroup var options: ConnectOptions
    @OptionGroup var timeout: TimeoutOptions

    @Option(name: .customLong("as"), help: ArgumentHelp("The account (default: cli- and your user name).", valueName: "name"))
    var account: String?

    @Option(
        help: ArgumentHelp(
            "An idempotency key: 32 hexadecimal digits, such as from `uuidgen | tr -d -`. A call that is repeated with its key, at whatever time "
                + "within the world's memory of keys, is applied once. Another call with a used key is refused.", valueName: "hex"))
    var key: String?

    @Flag(help: "Prints the outcome as one JSON object.")
    var json = false

    @Argument(help: "The command.")
    var command: String

    @Argument(help: ArgumentHelp("Its fields.", valueName: "name=value"))
    var fields: [String] = []

    func run() throws {
        let key = try self.key.map { digits in
            guard let key = IdempotencyKey(hexadecimal: digits) else {
                throw CommandFailure("\"\(digits.printable)\" is no key", remedy: "A key has 32 hexadecimal digits: --key $(uuidgen | tr -d -)")
            }
            return key
        }
        let code = try Caller(self, key).run(kind: .tool)
        if code != 0 { throw ExitCode(code) }
    }
}

private final class Caller: Visitor {
    private let call: Call
    private let key: IdempotencyKey?

    init(_ call: Call, _ key: IdempotencyKey?) {
        self.call = call
        self.key = key
        super.init(call.options, call.timeout, as: call.account ?? defaultAccount())
    }

    override func choose(_ world: WorldEntry, _ connection: ClientConnection) {
        join(world, as: .player, connection)
    }

    override func handle(_ reaction: ClientReaction, _ connection: ClientConnection) {
        switch reaction {
        case .joined: send(connection)
        case .timelineChanged:
            fail(CommandFailure("the command did not run: the world lost the end of its history", remedy: "Call it again."))
        case .outcome(_, let tick, let outcome): report(outcome, tick, connection)
        default: break
        }
    }

    private func send(_ connection: ClientConnection) {
        guard let schema = connection.session.known?.schema else { return fail(CommandFailure("the server gave no schema")) }
        do {
            guard let command = schema.command(named: call.command) else {
                throw Self.unknown(call.command, schema)
            }
            let payload = try Self.payload(of: command, call.fields)
            if connection.command(command.id, payload, key: key) == nil { throw CommandFailure("the server grants no credit") }
        } catch {
            fail(error)
        }
    }

    private static func unknown(_ name: String, _ schema: WorldSchema) -> CommandFailure {
        let isIntent = schema.intents.contains { schema.component($0.component)?.name == name }
        let what = isIntent ? "\(name) is an intent of \(schema.name), and `orge call` sends commands only" : "\(schema.name) has no command \(name)"
        let names = schema.commands.map(\.name).joined(separator: ", ")
        return CommandFailure(what, remedy: names.isEmpty ? "It has no commands at all." : "It has: \(names)")
    }

    private static func payload(of command: WorldSchema.Command, _ fields: [String]) throws -> [UInt8] {
        let values: [FieldValue]
        do throws(TypedRowError) {
            values = try command.row.parse(fields, of: command.name)
        } catch {
            throw CommandFailure(error.message, remedy: error.remedy)
        }
        var writer = ByteWriter()
        command.row.encode(values, to: &writer)
        return writer.bytes
    }

    /// - Parameter first: the tick of the command that was applied, where this one repeats it.
    private func reportApplied(_ result: NamedValues?, _ tick: UInt64, first: UInt64?) {
        let values = result ?? NamedValues()
        var members: [(String, JSONValue)] = [("outcome", .string("applied")), ("tick", .count(tick)), ("result", values.json)]
        if key != nil { members.append(("repeated", .bool(first != nil))) }
        if let first { members.append(("first_tick", .count(first))) }
        let mark = first.map { " (repeated: tick \($0) applied it)" } ?? ""
        print(call.json ? JSONValue.object(members).text : "applied\(values.text)\(mark)".printable)
        finish(0)
    }

    private func report(_ outcome: CommandOutcome, _ tick: UInt64, _ connection: ClientConnection) {
        let result = connection.session.known?.schema.command(named: call.command)?.result
        switch outcome {
        case .applied(let row): reportApplied(result.flatMap { NamedValues($0, row) }, tick, first: nil)
        case .repeated(let first, let row): reportApplied(result.flatMap { NamedValues($0, row) }, tick, first: first)
        case .refused(let code, let field, let reason):
            let members: [(String, JSONValue)] = [
                ("outcome", .string("refused")), ("tick", .count(tick)), ("code", .integer(Int(code))), ("field", .string(field)), ("reason", .string(reason)),
            ]
            let line = "refused: \(field.isEmpty ? "" : field + ": ")\(reason) (code \(code))"
            print(call.json ? JSONValue.object(members).text : line.printable)
            finish(1)
        }
    }
}
