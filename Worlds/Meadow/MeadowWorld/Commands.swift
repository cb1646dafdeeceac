public import OrgeWorld

/// Speaks to everybody within twenty metres.
public struct Say: Command {
    public var text = Text<120>()

    public init() {}

    public static var weight: UInt16 { 3 }
    public static var fields: [FieldRule<Self>] {
        [.notEmpty(\.text), .examples(\.text, "hello", "what a day", "mind the water", "is anybody here?", "baa")]
    }

    public static func run(_ say: Say, _ turn: inout Turn) throws(Refusal) {
        turn.emit(Spoken(by: turn.avatar, text: say.text), to: .disc(around: turn.avatar, radius: 20_00))
    }
}

/// What somebody nearby said.
public struct Spoken: Event {
    public var by = Entity.none
    public var text = Text<120>()

    public init() {}

    init(by: Entity, text: Text<120>) {
        self.by = by
        self.text = text
    }
}

/// Sows grass on the tile where the player stands.
public struct Plant: Command {
    public var height: UInt8 = 1

    public init() {}

    public static var fields: [FieldRule<Self>] { [.range(\.height, 1...100)] }

    public static func run(_ plant: Plant, _ turn: inout Turn) throws(Refusal) -> Planted {
        let place: Position = try turn.get(turn.avatar)
        let around = turn.near(Double(place.x), Double(place.y), radius: Terrain.reach)
        guard let tile = Terrain.tile(at: place, near: around, { turn.has($0, Ground.self) }, { turn.find($0) }) else {
            throw Refusal(.notFound, "there is no ground here")
        }
        var ground: Ground = try turn.get(tile)
        guard ground.soil == .meadow else { throw Refusal(.notAllowed, "nothing grows on \(ground.soil)") }
        guard ground.grass < 100 else { throw Refusal(.full, "the grass is as high as it gets") }
        ground.grass = UInt8(min(100, Int(ground.grass) + Int(plant.height)))
        try turn.set(tile, ground)
        return Planted(tile: tile, grass: ground.grass)
    }
}

/// How high the grass is now, and where.
public struct Planted: Record {
    public var tile = Entity.none
    public var grass: UInt8 = 0

    public init() {}

    init(tile: Entity, grass: UInt8) {
        self.tile = tile
        self.grass = grass
    }
}
