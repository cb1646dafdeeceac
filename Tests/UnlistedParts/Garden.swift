import OrgeHostProcess
import OrgeWorld

/// A world that lists a part of each kind, and lacks one of each: a test of `orge check`. The comment `// finding: declaration` stands on each line that a
/// finding must name.
@main enum Main { static func main() { WorldProgram.run(Garden.self) } }

enum Garden: World {
    static let name = "garden"
    static var parts: Parts {
        Plot.self
        Hidden.self
        Sow.self
        Harvest.self
        Walk.self
        Sown.self
        Grow.self
    }

    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity {
        let avatar = try turn.spawn()
        try turn.set(avatar, Plot())
        return avatar
    }

    struct Sow: Command {
        static func run(_ sow: Sow, _ turn: inout Turn) throws(Refusal) { turn.emit(Sown(), to: .all) }
    }

    struct Pick: Command {  // finding: declaration
        static func run(_ pick: Pick, _ turn: inout Turn) throws(Refusal) {}
    }
}

// What is listed, one of each kind; a private one too.

struct Plot: Component {
    var place = Place()
    var seeds: UInt8 = 0
}

private struct Hidden: Component {
    var depth: UInt8 = 0
}

struct Walk: Intent {
    var dx: Int8 = 0
}

struct Sown: Event {}

enum Grow: System {
    static var writes: [any Component.Type] { [Plot.self] }
    static func run(_ turn: inout Turn) { turn.each { (plot: inout Plot) in plot.seeds &+= 1 } }
}

struct Harvest: Command {
    static func run(_ harvest: Harvest, _ turn: inout Turn) throws(Refusal) -> Basket { Basket() }
}

// What is no part by itself: a row inside another, a command's result (also one that could be a component), a generic type, and what a comment allows.

struct Place: Record {
    var x: Int32 = 0
}

struct Basket: Component {
    var fruits: UInt8 = 0
}

struct Counted<Kind>: Component {
    var count: UInt8 = 0
}

// orge:allow declaration: for the next version
struct Greenhouse: Component {
    var panes: UInt8 = 0
}

// What is missing; `Pick` above is the command.

struct Fence: Component {  // finding: declaration
    var height: UInt8 = 0
}

struct Dig: Intent {  // finding: declaration
    var depth: UInt8 = 0
}

struct Rained {  // finding: declaration
    var millimetres: UInt8 = 0
}

extension Rained: Event {}

private enum Wither: System {  // finding: declaration
    static var writes: [any Component.Type] { [] }
    static func run(_ turn: inout Turn) {}
}
