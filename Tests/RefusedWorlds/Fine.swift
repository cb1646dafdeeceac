import OrgeWorld

// Every rule on a field that it fits: what the other files show refused is the mistake alone.

enum Mood: UInt8, Choice { case calm = 1, cross }

struct Kinds: Component {
    var owner = Entity.none
    var whole: Int32 = 0
    var small: UInt8 = 0
    var real = 0.0
    var half: Float = 0
    var isOpen = false
    var mood = Mood.calm
    var arrow = SIMD2<Float>()
    var path = List<UInt16, 4>()
    var text = Text<20>()

    static var fields: [FieldRule<Self>] {
        [
            .owner(\.owner), .range(\.whole, -10...10, unit: "m"), .range(\.small, 1...255), .range(\.real, -1...1), .range(\.half, 0...0.5),
            .finite(\.real), .unit(\.whole, "m"), .unit(\.arrow, "m/s"), .unit(\.path, "m"), .notEmpty(\.path), .notEmpty(\.text),
        ]
    }
}

struct Examples: Command {
    var whole: Int32 = 0
    var real = 0.0
    var isOpen = false
    var target = Entity.none
    var mood = Mood.calm
    var arrow = SIMD2<Float>()
    var path = List<UInt16, 4>()
    var text = Text<20>()

    static var fields: [FieldRule<Self>] {
        [
            .examples(\.whole, -1, 1), .examples(\.real, 0.5, 2), .examples(\.isOpen, true), .examples(\.target, .none), .examples(\.mood, .calm, .cross),
            .examples(\.arrow, SIMD2(0.5, 1)), .examples(\.path, [1, 2], []), .examples(\.text, "hello", "what a day"),
        ]
    }

    static func run(_ examples: Examples, _ turn: inout Turn) throws(Refusal) -> Kinds { try turn.get(turn.avatar) }
}

struct Steer: Intent {
    var dx: Int8 = 0
    static var visibility: Visibility { .server }
}

struct Spoken: Event { var text = Text<20>() }

struct Place: Component {
    var (x, y) = (0 as Int32, 0 as Int32)
}

enum Move: System {
    static let period = 2
    static var reads: [any Component.Type] { [Steer.self] }
    static var writes: [any Component.Type] { [Place.self] }

    static func run(_ turn: inout Turn) {
        turn.each { (place: inout Place, steer: Steer) in place.x += Int32(steer.dx) }
        turn.each { (visit: inout Visit, place: inout Place) in _ = visit.find(visit.entity, Steer.self) }
    }
}

enum Fine: World {
    static let name = "fine"
    static let pace = Pace.fixed(hertz: 10)
    static var parts: Parts {
        Kinds.self
        Place.self
        Sight(\Place.x, \Place.y, inner: 10, outer: 12)
        Steer.self
        Examples.self
        Spoken.self
        Move.self
    }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
}
