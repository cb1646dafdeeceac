import OrgeWorld

/// What the worlds have in common: numbers, one of each avatar's.
protocol Wrong: World {}

extension Wrong {
    static var name: String { "wrong" }

    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if let known = turn.avatar(of: identity.id) { return known }
        let avatar = try turn.spawn()
        try turn.set(avatar, Number())
        return avatar
    }

    static func depart(_ avatar: Entity, _ turn: inout Turn) {}
}

struct Number: Component {
    var value: UInt64 = 0
}

/// Adds to the avatar's number what a world's own code says.
func count(_ more: UInt64, _ turn: inout Turn) throws(Refusal) {
    var number: Number = try turn.get(turn.avatar)
    number.value &+= more
    try turn.set(turn.avatar, number)
}

/// Has no mistake: a type that can be hashed, constants, and a look-up that a comment allows are none.
enum Sound: Wrong {
    static let steps: [UInt64] = [1, 2, 3]
    static var parts: Parts {
        Number.self
        Step.self
    }
}

enum Pace: UInt8, Choice {
    case slow = 0
    case fast = 1
}

struct Key: Hashable {
    var number: UInt64 = 0
    var pace = Pace.slow
}

struct Step: Command {
    var pace = Pace.slow
    static func run(_ step: Step, _ turn: inout Turn) throws(Refusal) {
        // orge:allow unordered: only asked whether it holds something
        let known = Set([Key(number: 1, pace: .fast)])
        try count(known.contains(Key(number: 1, pace: step.pace)) ? Sound.steps[2] : Sound.steps[0], &turn)  // orge:allow unordered: as above
    }
}
