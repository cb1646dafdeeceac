public import OrgeSchema

/// The clients that receive an event.
public enum Audience: Equatable, Sendable {
    /// The client of this avatar.
    case session(Entity)
    /// Clients whose avatar is within `radius` of where this entity is.
    case disc(around: Entity, radius: Double)
    case all
}
