import ArgumentParser
import Glibc
import NIOCore
import OrgeClient
import OrgeSchema
import OrgeSession
import OrgeSystem
import OrgeWire

struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Watches a world as a monitor, without an avatar.",
        discussion: """
            Prints a line a second: tick, entities, rows, changes, events. With --rows every row that is there is a line, \
            and then every one that changes, and every event. A monitor sees all public rows, anywhere in the world; it never sees rows \
            that only their owners may see, such as Ledger's balances. Ends after --seconds, with Ctrl-C, when the reader of its \
            output has gone, or with exit code 75 when nothing comes from the server for 15 s (or --timeout, if longer).

            Examples:
              orge watch --data data --world meadow
              orge watch --data data --world meadow --rows --json --seconds 5
            """
    )

    @OptionGroup var options: ConnectOptions
    @OptionGroup var timeout: TimeoutOptions

    @Option(name: .customLong("as"), help: ArgumentHelp("The account (default: cli- and your user name).", valueName: "name"))
    var account: String?

    @Option(help: ArgumentHelp("How long, 0 to 86400 (default: until stopped).", valueName: "s"))
    var seconds: Double?

    @Flag(help: "A line for each changed row and each event, instead of a line a second.")
    var rows = false

    @Flag(help: "Each line is one JSON object.")
    var json = false

    func validate() throws {
        if let seconds, !(0...86_400).contains(seconds) { throw ValidationError("--seconds must be from 0 to 86400.") }
    }

    func run() throws {
        let code = try Watcher(self).run(kind: .monitor)
        if code != 0 { throw ExitCode(code) }
    }
}

private final class Watcher: PrintingVisitor {
    private let watch: Watch
    private var shown = ContiguousArray<(key: Key, row: [UInt8])>()
    private var changes = 0
    private var events = 0
    private var updates = 0
    private var hasSummary = false
    private var hasBegun = false

    private struct Key: Comparable {
        var entity: Entity
        var component: UInt16

        static func < (a: Key, b: Key) -> Bool { (a.entity, a.component) < (b.entity, b.component) }
    }

    init(_ watch: Watch) {
        self.watch = watch
        super.init(watch.options, watch.timeout, as: watch.account ?? defaultAccount(), json: watch.json)
    }

    override func choose(_ world: WorldEntry, _ connection: ClientConnection) {
        join(world, as: .monitor, connection)
    }

    override func handle(_ reaction: ClientReaction, _ connection: ClientConnection) {
        // What arrives after the end of the time is not shown, so that the command also ends with a slow reader.
        if isFinished { return }
        switch reaction {
        case .joined: if hasBegun { say("the connection is back") } else { begin(connection) }
        case .disconnected: if hasBegun { say("the connection is lost; trying again") }
        case .timelineChanged(let change, _): say(.timelineChanged(change))
        case .viewComplete(let tick):
            updates += 1
            if watch.rows { showRows(tick, connection) }
        case .event(let tick, let kind, let payload):
            events += 1
            if watch.rows { show(event: kind, payload, tick, connection) }
        case .notice(let notice): say(notice)
        default: break
        }
    }

    private func begin(_ connection: ClientConnection) {
        hasBegun = true
        last()
        let bound = NIOLoopBound(self, eventLoop: connection.loop)
        let session = NIOLoopBound(connection, eventLoop: connection.loop)
        if let seconds = watch.seconds {
            connection.loop.scheduleTask(in: .milliseconds(Int64(seconds * 1_000))) { bound.value.conclude(session.value) }
        }
        sayWhatIsHidden(connection)
        guard !watch.rows else { return }
        connection.loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in bound.value.showSummary(session.value) }
    }

    /// The time is up. What the last second brought is shown, however short it was.
    private func conclude(_ connection: ClientConnection) {
        if !watch.rows, updates + events > 0 || !hasSummary { showSummary(connection) }
        finish(0)
    }

    /// Says at once that no row will ever come, in a world without public rows.
    private func sayWhatIsHidden(_ connection: ClientConnection) {
        guard let schema = connection.session.known?.schema, schema.components.allSatisfy({ $0.visibility != .everyone }) else { return }
        let words = "orge: every row of \(schema.name) is for its owner only; a monitor sees the world's events, but no rows."
        (try? Console(STDERR_FILENO))?.print(words)
    }

    private func showSummary(_ connection: ClientConnection) {
        guard let view = connection.session.view, connection.session.phase == .joined else { return }
        hasSummary = true
        let tick = view.completeTick ?? 0
        if json {
            emit(
                .object([
                    ("tick", .count(tick)), ("entities", .integer(view.entityCount)), ("rows", .integer(view.rowCount)), ("updates", .integer(updates)),
                    ("events", .integer(events)), ("bytes_in", .count(connection.bytesIn)),
                ]))
        } else {
            line("tick \(tick)  entities \(view.entityCount)  rows \(view.rowCount)  updates/s \(updates)  events/s \(events)")
        }
        (updates, events) = (0, 0)
    }

    /// Prints what differs from what was printed before: both rise by key, so one walk past each other finds it.
    private func showRows(_ tick: UInt64, _ connection: ClientConnection) {
        guard let view = connection.session.view, let schema = connection.session.known?.schema else { return }
        var now = ContiguousArray<(key: Key, row: [UInt8])>()
        now.reserveCapacity(shown.count)
        var old = 0
        view.forEachRow { (entity, component, row) in
            let key = Key(entity: entity, component: component)
            while old < shown.count, shown[old].key < key {
                show(shown[old].key, nil, tick, schema)
                old += 1
            }
            let isKnown = old < shown.count && shown[old].key == key
            if isKnown, shown[old].row.elementsEqual(row) {
                now.append(shown[old])
            } else {
                now.append((key, Array(row)))
                show(key, Array(row), tick, schema)
            }
            if isKnown { old += 1 }
        }
        for gone in shown[old...] { show(gone.key, nil, tick, schema) }
        shown = now
    }

    private func show(_ key: Key, _ row: [UInt8]?, _ tick: UInt64, _ schema: WorldSchema) {
        guard let component = schema.component(key.component) else { return }
        let values = row.flatMap { NamedValues(component.row, $0) }
        if json {
            emit(
                .object([
                    ("tick", .count(tick)), ("entity", .string(key.entity.description)), ("component", .string(component.name)), ("row", values?.json ?? .null),
                ]))
        } else {
            line("\(tick) \(key.entity) \(component.name)\(values?.text ?? " gone")")
        }
    }
}
