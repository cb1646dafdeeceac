public import OrgeSchema

/// The clients that receive an event.
public enum Audience: Equatable, Sendable {
    /// The client of this avatar; none while the account is away.
    case session(Entity)
    /// Clients whose avatar is within `radius` of this entity, the border included, in the unit of the position's fields. Both places are those at
    /// the end of the tick. None when the entity is gone then or has no position.
    case disc(around: Entity, radius: Double)
    /// Every client in the world.
    case all
}
