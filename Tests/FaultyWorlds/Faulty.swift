import OrgeHostProcess
import OrgeWorld

/// Worlds whose declarations are invalid. The executable's file name chooses one: the tests copy it.
@main enum Main {
    static func main() {
        switch CommandLine.arguments[0].split(separator: "/").last {
        case "twice": WorldProgram.run(Twice.self)
        case "undeclared": WorldProgram.run(Undeclared.self)
        case "owner-last": WorldProgram.run(OwnerLast.self)
        default: WorldProgram.run(Nameless.self)
        }
    }
}

protocol Faulty: World {}

extension Faulty {
    static func arrive(_ account: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
}

struct Body: Component { var height: Int32 = 0 }

struct Say: Command {
    var text = Text<100>()
    static func run(_ say: Say, _ turn: inout Turn) throws(Refusal) {}
}

enum Twice: Faulty {
    static var name: String { "twice" }
    static var parts: Parts {
        Body.self
        Say.self
        Say.self
    }
}

enum Grow: System {
    static var writes: [any Component.Type] { [Body.self] }
    static func run(_ turn: inout Turn) {}
}

enum Undeclared: Faulty {
    static var name: String { "undeclared" }
    static var parts: Parts { Grow.self }
}

struct Deed: Component {
    var title = Text<20>()
    var holder = Entity.none
    static var fields: [FieldRule<Self>] { [.owner(\.holder)] }
}

enum OwnerLast: Faulty {
    static var name: String { "owner-last" }
    static var parts: Parts { Deed.self }
}

enum Nameless: Faulty {
    static var name: String { "No Name" }
    static var parts: Parts { Body.self }
}
