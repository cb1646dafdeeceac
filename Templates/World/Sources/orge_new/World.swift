import OrgeWorld

/// Plots: each account owns one, sows seeds in it, and harvests twice as many when they are ripe.
enum OrgeNewWorld: World {
    static let name = "orge-new"

    /// Plots stay when their owners leave, and any client may open one: so their number has a limit.
    static let entityLimit = 10_000

    /// Everything that the world is made of. Clients number it, and systems run, in this order.
    static var parts: Parts {
        Plot.self
        Sow.self
        Harvest.self
        Harvested.self
        Ripen.self
    }

    /// An account comes: it gets the plot that it had, or a new one.
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if let known = turn.avatar(of: identity.id) { return known }
        let avatar = try turn.spawn()
        try turn.set(avatar, Plot(owner: avatar, seeds: 10))
        return avatar
    }

    /// An account has left: its plot stays. Without this function the avatar would be removed, and the plot with it.
    static func depart(_ avatar: Entity, _ turn: inout Turn) {}
}

/// A component: one row for each entity that has it. Fields have defaults and are of fixed size: UInt16 or Int32 but not Int, Text<40> instead of String.
struct Plot: Component {
    /// The avatar whose client sees this row. An owner field stands before texts and lists.
    var owner = Entity.none
    /// Seeds in the bag.
    var seeds: UInt16 = 0
    /// Seeds in the ground; 0 when nothing grows.
    var sown: UInt16 = 0
    var height: UInt8 = 0

    static let bagSize: UInt16 = 1_000

    static var visibility: Visibility { .owner }
    static var fields: [FieldRule<Self>] { [.owner(\.owner), .range(\.height, 0...100, unit: "%")] }
}

/// A command: a client asks for it. What `run` throws is the client's answer, and all that it has changed before is undone.
///
/// A struct that writes no `init` has `Sow()` and `Sow(seeds: 3)` from the compiler, for this module. A public one needs both written out, because an
/// `init` of the compiler's is never public.
struct Sow: Command {
    var seeds: UInt16 = 1

    /// The world refuses what breaks a rule before `run` is called, and bots keep to it.
    static var fields: [FieldRule<Self>] { [.range(\.seeds, 1...20)] }

    static func run(_ sow: Sow, _ turn: inout Turn) throws(Refusal) {
        var plot: Plot = try turn.get(turn.avatar)
        guard plot.sown == 0 else { throw Refusal(.conflict, "something grows there already") }
        guard plot.seeds >= sow.seeds else { throw Refusal(.insufficient, "the bag holds \(plot.seeds) seeds, not \(sow.seeds)") }
        plot.seeds -= sow.seeds
        plot.sown = sow.seeds
        plot.height = 0
        try turn.set(turn.avatar, plot)
    }
}

/// A command with a result: the plot after the harvest.
struct Harvest: Command {
    static func run(_ harvest: Harvest, _ turn: inout Turn) throws(Refusal) -> Plot {
        var plot: Plot = try turn.get(turn.avatar)
        guard plot.sown > 0 else { throw Refusal(.notFound, "nothing was sown") }
        guard plot.height == 100 else { throw Refusal(.notAllowed, "not ripe: \(plot.height) %") }
        let harvested = min(2 * plot.sown, Plot.bagSize - plot.seeds)
        plot.seeds += harvested
        plot.sown = 0
        plot.height = 0
        try turn.set(turn.avatar, plot)
        turn.emit(Harvested(by: turn.avatar, seeds: harvested), to: .all)
        return plot
    }
}

/// An event: what happened and is not state. Every client is told of a harvest.
struct Harvested: Event {
    var by = Entity.none
    var seeds: UInt16 = 0
}

/// A system: what happens by itself. It declares the components that it writes, and those that it only reads (`reads`).
enum Ripen: System {
    /// Ticks from one run to the next; a world has 20 ticks a second unless it declares another `pace`.
    static let period = 20

    static var writes: [any Component.Type] { [Plot.self] }

    static func run(_ turn: inout Turn) {
        turn.each { (plot: inout Plot) in
            if plot.sown > 0 { plot.height = min(100, plot.height + 10) }
        }
    }
}
