import OrgeReplication
import OrgeSession
import OrgeWire

/// Hosts that hang: their link lives, and nothing comes over it.
extension EdgeMachine {
    /// The host has reported nothing to the supervisor for too long. To its clients it is away until it responds, or until another process takes its place.
    package mutating func worldSilent(_ name: String, now: UInt64) {
        guard let world = worlds.first(where: { $0.name == name }), case .live = world.link, world.state == .running else { return }
        // A client forgets the part of an answer that it has when its world goes away, so the whole answer must come again: over a new link.
        if world.members.contains(where: \.isAuditBegun) { return drop(world, "its host is silent in the middle of an answer", now) }
        world.isSilent = true
        becomeAway(world, now)
    }

    /// The host reports again.
    package mutating func worldResponds(_ name: String, now: UInt64) {
        guard let world = worlds.first(where: { $0.name == name }) else { return }
        respond(world, now)
    }

    /// Its link lived all the time, so nothing is sent again and no view starts over. Bytes over the link prove it as well as a report does, for the
    /// same thread writes both; and clients are to hear that the world is back before they get what it sends.
    mutating func respond(_ world: EdgeWorld, _ now: UInt64) {
        guard world.isSilent else { return }
        world.isSilent = false
        for member in world.members { perform(member.session.notify(.hostBack(incarnation: world.incarnation, tick: world.deliveredTick)), member, now) }
        run(world, now)
    }
}
