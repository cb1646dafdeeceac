import Glibc
import NIOCore
import OrgeClient
import OrgeSchema
import OrgeSession
import OrgeSystem
import OrgeTerminal
import OrgeWire

/// The client of `orge play`: hands what its session says to the thread of the terminal, and does what that asks for.
final class Player: Visitor {
    /// So often a view is handed over; more would be drawn for no eye.
    static let refresh = TimeAmount.milliseconds(100)

    private let mailbox: PlayMailbox
    private var hasEntered = false
    private var refreshed = NIODeadline.distantPast
    private var isRefreshDue = false

    /// - Parameter mailbox: where the terminal's thread finds what has happened.
    init(_ options: ConnectOptions, _ timeout: TimeoutOptions, as account: String, _ mailbox: PlayMailbox) {
        self.mailbox = mailbox
        super.init(options, timeout, as: account)
    }

    /// As long as a server remembers outcomes, twice.
    override var patience: TimeAmount { .seconds(120) }

    override func choose(_ world: WorldEntry, _ connection: ClientConnection) { join(world, as: .player, connection) }

    override func settled(_ commands: [ClientSession.Settled]) { mailbox.put(.reaction(.settled(commands))) }

    override func handle(_ reaction: ClientReaction, _ connection: ClientConnection) {
        switch reaction {
        case .joined(let joined): entered(joined, reaction, connection)
        case .viewComplete: refresh(connection)
        case .nothing, .send, .choose, .creditRaised, .described: break
        default: mailbox.put(.reaction(reaction))
        }
    }

    private func entered(_ joined: ServerFrame.Joined, _ reaction: ClientReaction, _ connection: ClientConnection) {
        guard let schema = connection.session.known?.schema else { return fail(CommandFailure("the server gave no schema")) }
        // The connection notices silence by itself, and comes back.
        stay()
        mailbox.put(.entered(schema, avatar: joined.avatar))
        if hasEntered { mailbox.put(.reaction(reaction)) }
        hasEntered = true
    }

    /// Hands over the view, now or when it is time.
    private func refresh(_ connection: ClientConnection) {
        guard !isRefreshDue else { return }
        let wait = refreshed + Self.refresh - .now()
        guard wait > .zero else { return handOver(connection) }
        isRefreshDue = true
        connection.loop.assumeIsolated().scheduleTask(in: wait) { [self] in
            isRefreshDue = false
            handOver(connection)
        }
    }

    private func handOver(_ connection: ClientConnection) {
        // In the middle of an update the rest of it will call again.
        guard let view = connection.session.view, view.openTick == nil else { return }
        refreshed = .now()
        mailbox.put(view)
    }

    func perform(_ directive: PlayDirective) {
        guard let connection else { return }
        switch directive {
        case .command(let kind, let payload):
            if connection.command(kind, payload) == nil { unsent(connection.session.known?.schema.command(kind)?.name, isCommand: true) }
        case .intent(let kind, let payload):
            guard !connection.intent(kind, payload), let schema = connection.session.known?.schema else { return }
            unsent(schema.intent(kind).flatMap { schema.component($0.component)?.name }, isCommand: false)
        case .leave: finish(0)
        case .redraw, .suspend: break
        }
    }

    private func unsent(_ name: String?, isCommand: Bool) { mailbox.put(.unsent(name: name ?? "?", isCommand: isCommand)) }
}
