public import OrgeWorld

/// Speaks to every client within twenty metres.
public struct Say: Command {
    public var text = Text<120>()

    public init() {}
    public init(text: Text<120>) { self.text = text }

    public static var weight: UInt16 { 9 }
    public static var fields: [FieldRule<Self>] {
        [.notEmpty(\.text), .examples(\.text, "hello", "what a day", "mind the water", "is anybody here?", "baa")]
    }

    public static func run(_ say: Say, _ turn: inout Turn) throws(Refusal) {
        var breath = turn.find(turn.avatar, Breath.self) ?? Breath()
        try breath.speak(tick: turn.tick)
        try turn.set(turn.avatar, breath)
        turn.emit(Spoken(by: turn.avatar, text: say.text), to: .disc(around: turn.avatar, radius: 20_00))
    }
}

/// Speech of an avatar nearby.
public struct Spoken: Event {
    public var by = Entity.none
    public var text = Text<120>()

    public init() {}

    init(by: Entity, text: Text<120>) {
        self.by = by
        self.text = text
    }
}

/// Sows grass on the meadow tile nearest to the player.
public struct Plant: Command {
    public var height: UInt8 = 1

    public init() {}

    public static var fields: [FieldRule<Self>] { [.range(\.height, 1...100)] }

    public static func run(_ plant: Plant, _ turn: inout Turn) throws(Refusal) -> Planted {
        let place: Position = try turn.get(turn.avatar)
        guard let tile = nearestMeadow(to: place, &turn) else { throw Refusal(.notAllowed, "nothing grows on water and rock") }
        var ground: Ground = try turn.get(tile)
        ground.grass = UInt8(min(100, Int(ground.grass) + Int(plant.height)))
        try turn.set(tile, ground)
        return Planted(tile: tile, grass: ground.grass)
    }

    /// Within two tiles; of two at one distance, the one with the lower slot.
    private static func nearestMeadow(to place: Position, _ turn: inout Turn) -> Entity? {
        var nearest: (tile: Entity, distance: Int64)?
        for tile in turn.near(Double(place.x), Double(place.y), radius: 2 * Terrain.reach) {
            guard let ground = turn.find(tile, Ground.self), ground.soil == .meadow, let middle = turn.find(tile, Position.self) else { continue }
            let (dx, dy) = (Int64(middle.x - place.x), Int64(middle.y - place.y))
            if dx * dx + dy * dy < nearest?.distance ?? .max { nearest = (tile, dx * dx + dy * dy) }
        }
        return nearest?.tile
    }
}

/// The tile that was sown and the height of its grass.
public struct Planted: Record {
    public var tile = Entity.none
    public var grass: UInt8 = 0

    public init() {}

    init(tile: Entity, grass: UInt8) {
        self.tile = tile
        self.grass = grass
    }
}
