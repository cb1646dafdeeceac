internal import OrgeImage
package import OrgeSchema

/// A running world with its type erased; called once a tick. It owns the state and has no access to clients, files or clocks.
///
/// Not thread-safe: one thread owns it.
package final class WorldEngine {
    package let schema: WorldSchema
    package let pace: Pace
    package let version: UInt16
    let registry: Registry
    let hooks: Hooks
    /// How long idempotency keys are remembered, by their clock.
    let keyLifetime: UInt64
    let core: StateHandle
    /// Commands and intents are decoded into it.
    let scratch = RowMemory()
    /// What hash and image are folds over.
    let sections: ContiguousArray<SectionEntry>
    /// Sessions that are in the world, with their account and avatar.
    private(set) var presences = SortedMap<UInt64, Presence>()
    /// ``presences`` again, for the look-up of each command.
    private(set) var present = IDTable<Presence>()
    /// What does not run, because it failed. The host says; it is part of no hash of the world.
    package var restraints = Restraints()
    package let faultPolicy: FaultPolicy
    /// Where the engine notes what runs.
    package let flight: FlightSlot
    /// Of a recorder of its own.
    private let flightMemory: FlightMemory?
    private(set) var presencesHash: UInt64 = 0

    /// The world type's handlers.
    struct Hooks {
        var start: (inout Turn) -> Void
        var arrive: (Identity, inout Turn) throws(Refusal) -> Entity
        var depart: (Entity, inout Turn) -> Void
    }

    /// An empty world, then started from its seed.
    /// - Parameter number: of the world in its universe, below 16,384: part of its entities' ids.
    /// - Parameter flight: the recorder that the engine writes; nil for one of its own.
    /// - Parameter start: fills the empty world instead of the world's own start, for tests.
    package convenience init<W: World>(
        _ world: W.Type, number: UInt16, seed: UInt64, flight: FlightSlot? = nil, start: ((inout Turn) -> Void)? = nil
    ) {
        self.init(unstarted: world, number: number, seed: seed, flight: flight)
        var turn = Turn(core, avatar: .none, drawSeed: drawSeed(.start, 0))
        self.flight.prepare(.start)
        (start ?? hooks.start)(&turn)
        self.flight.leave(to: .idle)
        _ = finish(TickOutput(tick: 0, stateHash: 0))
    }

    init<W: World>(unstarted world: W.Type, number: UInt16, seed: UInt64, flight: FlightSlot? = nil) {
        let memory = flight == nil ? FlightMemory() : nil
        flightMemory = memory
        guard let slot = flight ?? memory?.slot else { preconditionFailure("an engine without a recorder") }
        self.flight = slot
        faultPolicy = W.faultPolicy
        registry = Registry(W.self)
        schema = registry.schema
        sections = SectionEntry.all(schema)
        pace = W.pace
        version = W.version
        keyLifetime = W.keyMemory?.lifetime(W.pace) ?? 0
        hooks = Hooks(
            start: { W.start(&$0) }, arrive: { identity, turn throws(Refusal) in try W.arrive(identity, &turn) }, depart: { W.depart($0, &$1) })
        core = StateHandle(WorldState(layout: registry.stateLayout, world: number, seed: seed, entityLimit: W.entityLimit, flight: slot))
        core.state.readsUTC = W.readsUTC
        outcomeMemoryMilliseconds = UInt64(W.outcomeMemorySeconds) * 1_000
    }

    /// Looks through the world's declaration, without starting a world.
    /// - Parameter site: of the world's program, for mistakes that belong to no part.
    /// - Throws: the first mistake.
    package static func check<W: World>(_: W.Type, site: DeclarationSite) throws(AuthorFault) {
        do throws(AuthorFault) { _ = try Registry(checking: W.self) } catch { throw error.at(site) }
    }

    /// The schema of a world, without starting one.
    /// - Precondition: its declaration is valid, as ``check(_:site:)`` tells.
    package static func schema<W: World>(of world: W.Type) -> WorldSchema { Registry(W.self).schema }

    deinit {
        scratch.free()
        core.free()
    }

    /// The last tick that ran.
    package var tick: UInt64 { core.state.tick }
    package var seed: UInt64 { core.state.seed }
    /// For so long the outcomes of a session that has ended are remembered.
    package let outcomeMemoryMilliseconds: UInt64
    /// Whether world code may read the time.
    package var readsUTC: Bool { core.state.readsUTC }
    package var entityCount: Int { core.state.entities.livingCount }
    package var worldNumber: UInt16 { core.state.entities.world }

    package func avatar(ofSession session: UInt64) -> Entity? { present[session]?.avatar }
    /// The name that the account arrived with last; nil where the world does not know the account.
    package func name(of account: AccountID) -> String? { core.state.accounts.name(of: account) }

    func setPresence(_ session: UInt64, _ presence: Presence?) {
        func hash(_ presence: Presence) -> UInt64 { mix64(fold64(fold64(session, presence.avatar.raw), presence.account.raw)) }
        if let old = presences[session] { presencesHash &-= hash(old) }
        if let presence { presencesHash &+= hash(presence) }
        presences[session] = presence
        present[session] = presence
        guard core.state.isFollowed else { return }
        core.state.followed.presences.append(.init(session: session, presence: presence))
    }

    /// The use of random draws; part of their seed, so that no two uses share a sequence.
    enum DrawUse: UInt64 {
        case start = 1
        case transaction, system, change, migration
    }

    func drawSeed(_ use: DrawUse, _ ordinal: UInt64) -> UInt64 {
        fold64(fold64(fold64(core.state.seed, tick), use.rawValue), ordinal)
    }
}
