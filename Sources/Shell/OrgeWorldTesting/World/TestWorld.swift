import OrgeHost
public import OrgeSchema
public import OrgeWorld

/// A world in a test: no server, no socket, no clock.
///
///     @Test func transfer() throws {
///         let world = TestWorld(Ledger.self)
///         let (ada, bob) = (try world.join("ada"), try world.join("bob"))
///         let receipt = try ada.call(Transfer(to: bob.avatar, amount: 25_00))
///         #expect(receipt.cents == 75_00)
///         #expect(bob.row(Balance.self)?.cents == 125_00)
///         ada.expectRefused(Transfer(to: ada.avatar, amount: 1), .invalid)
///     }
///
/// The world runs in the server's own host: what accounts send is queued, sealed into a tick in the host's order, checked against the field rules, run as a
/// transaction and answered, arrivals and departures, idempotency keys and the linger after a lost connection included. Only the sockets, the edge and the disk
/// are left out. Time is the number of ticks: nothing happens until a tick is run.
///
/// Everything follows from the seed and the calls, so a test that fails does so each time. Not thread-safe: one test owns it.
public final class TestWorld {
    let kind: WorldKind
    let host: LinkedHost
    let schema: WorldSchema
    /// Of the world, as the server draws one at a world's first start.
    public let seed: UInt64
    /// Every account that has joined or tried to, in that order.
    public private(set) var accounts: [TestAccount] = []
    /// Attachments so far.
    var attachmentCount: UInt64 = 0
    /// Everything so far.
    private(set) var steps: [Step] = []
    /// A trap of the world's code does not end the test, but is kept here.
    let isGuarded: Bool
    var trap: WorldTrap?
    /// The events of the last tick.
    private(set) var released: [(kind: UInt16, audience: EventAudience, row: [UInt8])] = []

    /// A world before its first tick.
    /// - Parameters:
    ///   - world: the world's type.
    ///   - seed: all random draws follow from it.
    ///   - start: fills the empty world instead of the world's own `start`; nil for that one.
    public convenience init<W: World>(_ world: W.Type, seed: UInt64 = 1, start: ((inout Turn) -> Void)? = nil) {
        self.init(WorldKind(world, start: start), seed: seed)
    }

    init(_ kind: WorldKind, seed: UInt64, isGuarded: Bool = false) {
        self.kind = kind
        self.isGuarded = isGuarded
        self.seed = seed
        host = LinkedHost(kind, seed: seed)
        schema = host.engine.schema
    }

    /// The last tick that ran; 0 before the first.
    public var tick: UInt64 { host.engine.tick }

    /// Runs ticks. What accounts have sent is in the first of them.
    ///
    /// In a world of the pace `onDemand` a tick runs only when something was sent, as on the server: the others pass as 50 ms in which nothing happens.
    /// A world that runs `flatOut` leaves out ticks in which nothing is due.
    public func run(ticks: Int = 1) {
        for _ in 0..<ticks { perform(.tick) }
    }

    /// Changes the world between two ticks, as one transaction: to bring about what a test is to begin with. A refusal undoes it and is thrown.
    /// - Returns: what the body returns.
    @discardableResult
    public func change<Result>(_ body: @escaping (inout Turn) throws(Refusal) -> Result) throws(Refusal) -> Result {
        var result: Result?
        let step: (inout Turn) throws(Refusal) -> Void = { turn throws(Refusal) in result = try body(&turn) }
        try host.change(step)
        steps.append(.change(step))
        guard let result else { preconditionFailure("a change that ran has a result") }
        return result
    }
}

// MARK: reading

extension TestWorld {
    /// The entity's row; nil when the entity is gone or has none. Server-only components too.
    /// - Precondition: the component is among the world's parts.
    public func row<C: Component>(of entity: Entity, _: C.Type = C.self) -> C? { host.engine.value(entity, C.self) }

    /// All rows of a component, by slot.
    /// - Precondition: the component is among the world's parts.
    public func rows<C: Component>(_: C.Type = C.self) -> [(entity: Entity, row: C)] { host.engine.values(C.self) }

    /// All living entities, by slot.
    public var entities: [Entity] { host.engine.entities }

    /// The events of a kind that the last tick emitted, in order, whatever their audience; ``TestAccount/events(_:)`` has those for one account.
    public func events<E: Event>(_: E.Type = E.self) -> [E] { events { _ in true } }

    func events<E: Event>(_ isMeant: (EventAudience) -> Bool) -> [E] {
        guard let kind = schema.events.first(where: { $0.name == E.name })?.id else { trapForMissingPart(E.self) }
        let coding = RecordCoding<E>()
        return released.filter { $0.kind == kind && isMeant($0.audience) }.map { event in
            guard let value = coding.decode(event.row) else { preconditionFailure("an event of the world itself") }
            return value
        }
    }
}

// MARK: steps

extension TestWorld {
    /// Carries out a step, and nothing where it has no meaning: a command of an account that is not in the world.
    func perform(_ step: Step) {
        switch step {
        case .join(let index): accounts[index].sendJoin()
        case .leave(let index): accounts[index].sendEnd(isOnPurpose: true)
        case .disconnect(let index): accounts[index].sendEnd(isOnPurpose: false)
        case .command(let index, let kind, let row, let key): _ = accounts[index].sendCommand(kind, row, key)
        case .intent(let index, let kind, let row): accounts[index].sendIntent(kind, row)
        case .tick: if let news = runTick() { receive(news) }
        case .change(let body):
            // The same one was not refused when it ran first; in a shortened script it may be, and is then left out.
            do throws(Refusal) { try host.change(body) } catch { return }
        }
        steps.append(step)
    }

    func note(_ step: Step) { steps.append(step) }

    private func receive(_ news: TickNews) {
        for (attachment, answer) in news.joins { accounts.first { $0.attachment == attachment }?.handle(answer) }
        for outcome in news.outcomes { accounts.first { $0.session == outcome.session }?.handle(outcome.sequence, outcome.bytes, news.record?.tick ?? 0) }
        for (attachment, _) in news.ended { accounts.first { $0.attachment == attachment }?.handleEnd() }
        released = news.events
    }

    /// The account of this identity, new or known.
    func account(_ identity: Identity) -> TestAccount {
        if let known = accounts.first(where: { $0.identity == identity }) { return known }
        let account = TestAccount(identity, index: accounts.count, in: self)
        accounts.append(account)
        return account
    }

    func account(ofAvatar avatar: Entity) -> Int? { avatar.isNone ? nil : accounts.firstIndex { $0.avatar == avatar } }

    /// A canonical row as a step has it.
    func scriptRow(_ layout: RowLayout, _ bytes: [UInt8]) -> ScriptRow { ScriptRow(StateText.values(layout, bytes)) { account(ofAvatar: $0) } }
}
