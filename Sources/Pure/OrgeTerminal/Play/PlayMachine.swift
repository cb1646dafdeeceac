import OrgeSchema
import OrgeSession
import OrgeWire

/// A terminal client: keys and what the world says go in, screens and directives come out. No terminal, no clock.
package struct PlayMachine: Sendable {
    /// How the client stands to its world.
    enum Standing: Equatable, Sendable {
        case connected, worldAway, lost, leaving
        case stopping(String)
    }

    let account: String
    var size = (columns: TerminalLimits.leastColumns, rows: TerminalLimits.leastRows)
    /// nil until the world was entered.
    var table: ViewTable?
    var standing = Standing.connected
    var tick: UInt64 = 0
    /// Nanoseconds of the shortest round trip that was measured lately.
    var roundTrip: UInt64?
    var dilationPermille: UInt16 = 1_000
    /// Commands without an outcome.
    var unansweredCount = 0
    var log = PlayLog()
    var editor = LineEditor()
    var history = LineHistory()
    /// After Tab, until another key.
    var completion: Completion?
    /// Shown in place of table and log.
    var page: HelpPage?
    private(set) var directives: [PlayDirective] = []
    /// Something that a screen shows has changed since the last one was made.
    package internal(set) var isStale = true

    package init(account: String) { self.account = account }

    /// - Parameter now: nanoseconds of the clock that commands are timed with; never 0.
    package mutating func handle(_ event: PlayEvent, now: UInt64) {
        isStale = true
        switch event {
        case .key(let key): press(key)
        case .resized(let columns, let rows):
            size = (min(max(columns, 1), TerminalLimits.mostColumns), min(max(rows, 1), TerminalLimits.mostRows))
            emit(.redraw)
        case .entered(let schema, let avatar): enter(schema, avatar)
        case .view(let view):
            tick = view.completeTick ?? tick
            table?.update(view, now: now)
        case .reaction(let reaction): react(reaction, now: now)
        case .unsent(let name, let isCommand):
            if isCommand { unansweredCount = max(unansweredCount - 1, 0) }
            log.add("\(name): not sent: \(standing == .lost ? "there is no connection" : "the server takes no more before it has answered")", .red)
        }
        table?.height = PlayLayout(size).tableRows
    }

    /// What is to be done, in order; each is handed out once.
    package mutating func takeDirectives() -> [PlayDirective] {
        defer { directives = [] }
        return directives
    }

    mutating func emit(_ directive: PlayDirective) { directives.append(directive) }

    private mutating func enter(_ schema: WorldSchema, _ avatar: Entity) {
        if standing != .leaving { standing = .connected }
        if let table, table.schema == schema, table.avatar == avatar {
            self.table?.forget()
        } else {
            if table == nil { log.add("in \(schema.name) as \(account): Tab completes, help explains, quit leaves", .dim) }
            table = ViewTable(schema, avatar: avatar)
        }
    }

    /// The world was entered: there is something to show.
    package var isInWorld: Bool { table != nil }

    /// When the screen changes by itself, because a mark fades.
    package func nextChange(after now: UInt64) -> UInt64? { table?.nextFade(after: now) }

    var words: WorldWords? { table.map { WorldWords(schema: $0.schema, view: $0.view, entities: $0.order, avatar: $0.avatar) } }
}
