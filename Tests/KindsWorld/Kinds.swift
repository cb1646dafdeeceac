import OrgeHostProcess
import OrgeWorld

/// One command with a field of every kind that bytes can get wrong, for clients that send what no client should.
@main enum Kinds: World {
    static let name = "kinds"
    static let version: UInt16 = 1
    static let pace = Pace.onDemand

    @PartsBuilder static var parts: Parts {
        Mark.self
        Put.self
    }

    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        if let known = turn.avatar(of: identity.id) { return known }
        let avatar = try turn.spawn()
        try turn.set(avatar, Mark())
        return avatar
    }

    /// Accounts are kept after a departure, so that a return changes nothing.
    static func depart(_ avatar: Entity, _ turn: inout Turn) {}

    static func main() { WorldProgram.run(Kinds.self) }
}

enum Shade: UInt8, Choice {
    case light = 1
    case dark = 2
}

/// What was put last; every applied command changes the state.
struct Mark: Component {
    var count: UInt32 = 0
    var flag = false
    var shade = Shade.light
    var measure: Double = 0
}

struct Put: Command {
    var flag = false
    var shade = Shade.light
    var numbers = List<UInt16, 4>()
    var words = Text<8>()
    var measure: Double = 0

    static var fields: [FieldRule<Self>] { [.finite(\.measure)] }

    static func run(_ put: Put, _ turn: inout Turn) throws(Refusal) {
        var mark: Mark = try turn.get(turn.avatar)
        mark.count += 1
        mark.flag = put.flag
        mark.shade = put.shade
        mark.measure = put.measure
        try turn.set(turn.avatar, mark)
    }
}
