import ArgumentParser
import Glibc
import NIOCore
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

            With --events the events of the world are printed too, a line each, from the sending of the command until so many seconds \
            after its outcome; the events that a command causes come just before its outcome. Ctrl-C ends the wait.

            Examples:
              orge call say text="hello" --data data --world meadow
              orge call say text="hello" --connect 127.0.0.1:9512 --world meadow --json
              orge call transfer to=2:0.1 amount=250 --data data --world ledger --as ada
              orge call say text="hello" --data data --world meadow --events 10
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

    @Option(help: ArgumentHelp("Stays so long after the outcome, 0 to 86400, and prints the events of the world.", valueName: "s"))
    var events: Double?

    @Flag(help: "Prints the outcome as one JSON object, and each event as another.")
    var json = false

    @Argument(help: "The command.")
    var command: String

    @Argument(help: ArgumentHelp("Its fields.", valueName: "name=value"))
    var fields: [String] = []

    func validate() throws {
        if let events, !(0...86_400).contains(events) { throw ValidationError("--events must be from 0 to 86400.") }
    }

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

private final class Caller: PrintingVisitor {
    private let call: Call
    private let key: IdempotencyKey?
    private var hasSent = false
    /// Once the outcome has come.
    private var outcome: (exitCode: Int32, tick: UInt64)?

    init(_ call: Call, _ key: IdempotencyKey?) {
        self.call = call
        self.key = key
        super.init(call.options, call.timeout, as: call.account ?? defaultAccount(), json: call.json)
    }

    override var endsInOrder: Bool { call.events != nil }

    /// Without an outcome it is as if the program had not asked for the signal.
    override func interrupted() {
        guard let outcome else { exit(128 + SIGINT) }
        finish(outcome.exitCode)
    }

    override func readerHasGone() { finish(outcome?.exitCode ?? 0) }

    override func choose(_ world: WorldEntry, _ connection: ClientConnection) {
        join(world, as: .player, connection)
    }

    override func handle(_ reaction: ClientReaction, _ connection: ClientConnection) {
        switch reaction {
        case .joined where !hasSent: send(connection)
        case .timelineChanged(let change, _): lose(change)
        case .outcome(_, let tick, let outcome): report(outcome, tick, connection)
        case .event(let tick, let kind, let payload) where hasSent && call.events != nil: show(event: kind, payload, tick, connection)
        default: if outcome != nil { note(reaction) }
        }
    }

    /// What happens to the connection and the world while events are awaited.
    private func note(_ reaction: ClientReaction) {
        switch reaction {
        case .disconnected: say("the connection is lost; trying again")
        case .resumed(_, let resumed): say("the connection is back" + (resumed.lostEvents == 0 ? "" : "; events may be lost"))
        case .joined: say("the connection is back, in another session; events may be lost")
        case .notice(let notice): say(notice)
        default: break
        }
    }

    private func lose(_ change: ServerFrame.TimelineChange) {
        guard let outcome else {
            return fail(CommandFailure("the command did not run: the world lost the end of its history", remedy: "Call it again."))
        }
        guard let fork = change.forkTick, fork >= outcome.tick else {
            return fail(CommandFailure("the outcome is withdrawn: the world lost the end of its history", remedy: "Call it again."))
        }
        say(.timelineChanged(change))
    }

    /// Ends the visit, or goes on for as long as events are wanted.
    private func end(_ code: Int32, _ connection: ClientConnection) {
        if isFinished { return }
        guard let events = call.events else { return finish(code) }
        last()
        let me = NIOLoopBound(self, eventLoop: connection.loop)
        connection.loop.scheduleTask(in: .milliseconds(Int64(events * 1_000))) { if !me.value.isFinished { me.value.finish(code) } }
    }

    private func send(_ connection: ClientConnection) {
        guard let schema = connection.session.known?.schema else { return fail(CommandFailure("the server gave no schema")) }
        do {
            guard let command = schema.command(named: call.command) else {
                throw Self.unknown(call.command, schema)
            }
            let payload = try Self.payload(of: command, call.fields)
            if connection.command(command.id, payload, key: key) == nil { throw CommandFailure("the server grants no credit") }
            hasSent = true
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
    private func showApplied(_ result: NamedValues?, _ tick: UInt64, first: UInt64?) {
        let values = result ?? NamedValues()
        var members: [(String, JSONValue)] = [("outcome", .string("applied")), ("tick", .count(tick)), ("result", values.json)]
        if key != nil { members.append(("repeated", .bool(first != nil))) }
        if let first { members.append(("first_tick", .count(first))) }
        let mark = first.map { " (repeated: tick \($0) applied it)" } ?? ""
        line(json ? JSONValue.object(members).text : "applied\(values.text)\(mark)")
    }

    private func report(_ outcome: CommandOutcome, _ tick: UInt64, _ connection: ClientConnection) {
        var exitCode: Int32 = 0
        if case .refused = outcome { exitCode = 1 }
        self.outcome = (exitCode, tick)
        show(outcome, tick, connection)
        end(exitCode, connection)
    }

    private func show(_ outcome: CommandOutcome, _ tick: UInt64, _ connection: ClientConnection) {
        let result = connection.session.known?.schema.command(named: call.command)?.result
        switch outcome {
        case .applied(let row): showApplied(result.flatMap { NamedValues($0, row) }, tick, first: nil)
        case .repeated(let first, let row): showApplied(result.flatMap { NamedValues($0, row) }, tick, first: first)
        case .refused(let code, let field, let reason):
            let members: [(String, JSONValue)] = [
                ("outcome", .string("refused")), ("tick", .count(tick)), ("code", .integer(Int(code))), ("field", .string(field)), ("reason", .string(reason)),
            ]
            line(json ? JSONValue.object(members).text : "refused: \(field.isEmpty ? "" : field + ": ")\(reason) (code \(code))")
        }
    }
}
