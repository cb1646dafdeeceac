public import OrgeWorld

/// A square meadow with water and rock, creatures that graze, flee and breed, and players that walk and speak.
public enum Meadow: World {
    public static let name = "meadow"
    public static let version: UInt16 = 1
    public static let pace = Pace.fixed(hertz: 20)

    public static var parts: Parts {
        Position.self
        Sight(\Position.x, \Position.y, inner: 30_00, outer: 36_00)
        Body.self
        Heading.self
        Ground.self
        Name.self
        Creature.self
        Walk.self
        Breath.self
        Say.self
        Plant.self
        Spoken.self
        Graze.self
        Roam.self
        Stroll.self
        Breed.self
        Grow.self
    }

    public static func start(_ turn: inout Turn) {
        do {
            try Terrain.lay(&turn)
            for _ in 0..<Dimensions.herd { try Creature.born(Position(x: anywhere(&turn), y: anywhere(&turn)), energy: 60, &turn) }
        } catch {
            preconditionFailure("an empty world refuses its own start: \(error)")
        }
    }

    public static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if let known = turn.avatar(of: identity.id) { return known }
        let avatar = try turn.spawn()
        try turn.set(avatar, Position(x: anywhere(&turn), y: anywhere(&turn)))
        try turn.set(avatar, Body(kind: .player))
        try turn.set(avatar, Name(text: Text(cutting: identity.name)))
        return avatar
    }

    private static func anywhere(_ turn: inout Turn) -> Int32 { Int32(turn.random(in: 0...Int(Dimensions.side) - 1)) }
}
