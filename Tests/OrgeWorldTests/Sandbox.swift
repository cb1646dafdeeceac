import OrgeSchema

@testable import OrgeWorld

/// A world that can be told to do anything to itself, for the tests of what undoes, hashes and restores it.
enum Sandbox: World {
    static let name = "sandbox"
    static let pace = Pace.onDemand
    static let readsUTC = true
    static let keyMemory: KeyMemory? = KeyMemory()
    static var parts: Parts {
        Place.self
        Sight(\Place.x, \Place.y, inner: 100, outer: 120)
        Mark.self
        Secret.self
        Steer.self
        Scramble.self
        Count.self
        Noted.self
        Drift.self
    }

    static func start(_ turn: inout Turn) {
        for _ in 0..<300 { try! place(&turn) }
    }

    private static func place(_ turn: inout Turn) throws(Refusal) {
        let entity = try turn.spawn()
        try turn.set(entity, Place(x: Int32(turn.random(in: 0...1_000)), y: Int32(turn.random(in: 0...1_000))))
        if turn.chance(1, outOf: 2) { try turn.set(entity, Mark(count: turn.random(), tag: 7)) }
    }

    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if identity.name == "banned" { throw Refusal(.notAllowed, "banned may not enter") }
        if let avatar = turn.avatar(of: identity.id) { return avatar }
        let avatar = try turn.spawn()
        try turn.set(avatar, Place(x: 500, y: 500))
        return avatar
    }
}

struct Place: Component {
    var x: Int32 = 0
    var y: Int32 = 0
    static var fields: [FieldRule<Self>] { [.range(\.x, -10_000...10_000, unit: "cm")] }
}

/// With padding between its fields.
struct Mark: Component {
    var count: UInt64 = 0
    var tag: UInt8 = 0
    var label = Text<10>()
}

struct Secret: Component {
    var value: Double = 0
    static var visibility: Visibility { .server }
}

struct Steer: Intent {
    var dx: Int32 = 0
    static var fields: [FieldRule<Self>] { [.range(\.dx, -5...5)] }
}

struct Noted: Event { var count: UInt64 = 0 }

struct Sum: Record { var total: UInt64 = 0 }

/// Does random things to random entities, then may throw.
struct Scramble: Command {
    var steps: UInt16 = 0
    var fails = false
    static var fields: [FieldRule<Self>] { [.range(\.steps, 0...40)] }

    static func run(_ command: Scramble, _ turn: inout Turn) throws(Refusal) {
        var made: [Entity] = [turn.avatar]
        for _ in 0..<command.steps {
            let around = turn.near(Double(turn.random(in: 0...1_000)), Double(turn.random(in: 0...1_000)), radius: 60)
            let one = around.isEmpty || turn.chance(1, outOf: 3) ? made[turn.random(in: 0...made.count - 1)] : around[turn.random(in: 0...around.count - 1)]
            switch turn.random(in: 0...8) {
            case 0: made.append(try turn.spawn())
            case 1: if one != turn.avatar { turn.despawn(one) }
            case 2, 3: if turn.isAlive(one) { try turn.set(one, Place(x: Int32(turn.random(in: 0...1_000)), y: 3)) }
            case 4: if turn.isAlive(one) { try turn.set(one, Secret(value: Double(turn.random(in: 0...9)))) }
            case 5: turn.remove(one, Mark.self)
            case 6: if turn.has(one, Mark.self) { try turn.update(one, Mark.self) { $0.count += 1 } }
            case 7: turn.each { (visit: inout Visit, mark: inout Mark, place: Place) in mark.count &+= UInt64(bitPattern: Int64(place.x)) ^ visit.random() }
            default: turn.emit(Noted(count: UInt64(made.count)), to: .disc(around: one, radius: 50))
            }
        }
        if command.fails { throw Refusal(.conflict, "told to fail") }
    }
}

struct Count: Command {
    static func run(_ command: Count, _ turn: inout Turn) throws(Refusal) -> Sum {
        var sum = Sum()
        turn.each { (mark: Mark) in sum.total &+= mark.count }
        return sum
    }
}

/// Moves, draws, spawns and despawns inside a query.
enum Drift: System {
    static var period: Int { 2 }
    static var reads: [any Component.Type] { [Steer.self] }
    static var writes: [any Component.Type] { [Place.self, Mark.self] }

    static func run(_ turn: inout Turn) {
        turn.each { (visit: inout Visit, place: inout Place, mark: Mark) in
            place.x = min(max(place.x + Int32(visit.random(in: -3...3)), 0), 1_000)
            if visit.random(in: 0...400) == 0, let child = visit.spawn() {
                visit.set(child, place)
                visit.set(child, Mark(count: mark.count, tag: 1))
            }
            if visit.random(in: 0...400) == 0 { visit.despawn(visit.near(Double(place.x), Double(place.y), radius: 30).last ?? visit.entity) }
        }
        turn.each { (place: inout Place, steer: Steer) in place.x += steer.dx }
    }
}

extension WorldEngine {
    /// Entities that have a component, by slot.
    func entities(with component: UInt16) -> [Entity] {
        var found: [Entity] = []
        core.state.forEachRow(Int(component)) { entity, _ in found.append(entity) }
        return found
    }
}
