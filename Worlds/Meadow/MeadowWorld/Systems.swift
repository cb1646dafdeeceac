import OrgeWorld

/// Eight directions, a little over 20 centimetres long each: whole numbers, so that no sine is needed.
private let directions: [(dx: Int16, dy: Int16)] = [(20, 0), (14, 14), (0, 20), (-14, 14), (-20, 0), (-14, -14), (0, -20), (14, -14)]

/// Steers creatures: away from players, to grass when hungry, at random otherwise. Runs four times a second.
enum Graze: System {
    static var period: Int { 5 }
    static var reads: [any Component.Type] { [Position.self, Body.self] }
    static var writes: [any Component.Type] { [Heading.self, Creature.self, Ground.self] }

    /// Creatures flee from players within this distance, in centimetres.
    private static let fright = 400.0

    static func run(_ turn: inout Turn) {
        turn.each { (visit: inout Visit, heading: inout Heading, creature: inout Creature, place: Position) in
            let around = visit.near(Double(place.x), Double(place.y), radius: Terrain.reach)
            if let threat = threat(to: place, around, &visit) {
                heading = flight(from: threat, place)
            } else if creature.energy < 50, eat(place, around, &visit) {
                creature.energy += 2
                heading = Heading()
            } else if visit.random(in: 0...7) == 0 {
                let direction = directions[visit.random(in: 0...7)]
                heading = Heading(dx: direction.dx / 2, dy: direction.dy / 2)
            }
        }
    }

    /// The position of the first player within `fright`.
    private static func threat(to place: Position, _ around: [Entity], _ visit: inout Visit) -> Position? {
        for entity in around where visit.find(entity, Body.self)?.kind == .player {
            guard let other: Position = visit.find(entity) else { continue }
            let (dx, dy) = (Double(other.x - place.x), Double(other.y - place.y))
            if dx * dx + dy * dy <= fright * fright { return other }
        }
        return nil
    }

    private static func flight(from threat: Position, _ place: Position) -> Heading {
        let (dx, dy) = (place.x - threat.x, place.y - threat.y)
        let best = directions.max { Int32($0.dx) * dx + Int32($0.dy) * dy < Int32($1.dx) * dx + Int32($1.dy) * dy }
        return Heading(dx: best?.dx ?? 0, dy: best?.dy ?? 0)
    }

    private static func eat(_ place: Position, _ around: [Entity], _ visit: inout Visit) -> Bool {
        let tile = Terrain.tile(at: place, near: around, { visit.find($0, Ground.self) != nil }, { visit.find($0) })
        guard let tile, var ground: Ground = visit.find(tile), ground.grass > 0 else { return false }
        ground.grass -= 1
        visit.set(tile, ground)
        return true
    }
}

/// Moves creatures by their heading.
enum Roam: System {
    static var reads: [any Component.Type] { [Heading.self] }
    static var writes: [any Component.Type] { [Position.self] }

    static func run(_ turn: inout Turn) {
        turn.each { (place: inout Position, heading: Heading) in place.move(Int32(heading.dx), Int32(heading.dy)) }
    }
}

/// Moves players by their steering: at most four metres a second.
enum Stroll: System {
    static var reads: [any Component.Type] { [Walk.self] }
    static var writes: [any Component.Type] { [Position.self] }

    static func run(_ turn: inout Turn) {
        turn.each { (place: inout Position, walk: Walk) in place.move(Int32(walk.dx) / 5, Int32(walk.dy) / 5) }
    }
}

/// Once a second creatures grow older and hungrier; the well-fed have young, the starved and the old die.
enum Breed: System {
    static var period: Int { 20 }
    static var reads: [any Component.Type] { [] }
    static var writes: [any Component.Type] { [Position.self, Body.self, Heading.self, Creature.self] }

    static func run(_ turn: inout Turn) {
        var count = 0
        turn.each { (_: Creature) in count += 1 }
        let mayBreed = count < Dimensions.herdLimit
        let mayDie = count > Dimensions.herd / 10
        turn.each { (visit: inout Visit, creature: inout Creature, place: Position, body: Body) in
            creature.age = min(creature.age + 1, 10_000)
            if visit.random(in: 0...3) == 0 { creature.energy -= 1 }
            if creature.energy <= 0 || creature.age > 600, mayDie {
                visit.despawn(visit.entity)
            } else if mayBreed, creature.energy > 40, visit.random(in: 0...300) == 0, let young = visit.spawn() {
                creature.energy -= 10
                visit.set(young, place)
                visit.set(young, body)
                visit.set(young, Heading())
                visit.set(young, Creature(energy: 45, age: 0))
            }
        }
    }
}

/// Grass grows back.
enum Grow: System {
    static var period: Int { 40 }
    static var writes: [any Component.Type] { [Ground.self] }

    static func run(_ turn: inout Turn) {
        turn.each { (visit: inout Visit, ground: inout Ground) in
            if ground.soil == .meadow, ground.grass < 100, visit.random(in: 0...2) == 0 { ground.grass += 1 }
        }
    }
}
