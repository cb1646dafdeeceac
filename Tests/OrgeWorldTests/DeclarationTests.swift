import OrgeSchema
import Testing

@testable import OrgeWorld

/// The mistakes in a world's declaration are found before anything runs, as a sentence with the place of the part in question.
@Suite("A world's declaration")
struct DeclarationTests {
    private static let program = DeclarationSite(fileID: "program/Main.swift", line: 7)

    private func fault<W: World>(_ world: W.Type) -> AuthorFault? {
        do throws(AuthorFault) {
            try WorldEngine.check(world, site: Self.program)
            return nil
        } catch {
            return error
        }
    }

    private func expect<W: World>(_ world: W.Type, _ why: String, line: UInt? = nil, sourceLocation: SourceLocation = #_sourceLocation) {
        let site = line.map { DeclarationSite(fileID: #fileID, line: $0) } ?? Self.program
        #expect(fault(world)?.why == why, sourceLocation: sourceLocation)
        #expect(fault(world)?.site == site, sourceLocation: sourceLocation)
    }

    @Test("a valid one has none")
    func valid() { #expect(fault(Fine.self) == nil) }

    @Test("what is listed twice, and what has the name of another, is found where it is listed the second time")
    func duplicates() {
        expect(HeightTwice.self, "component Height is registered twice", line: HeightTwice.line)
        expect(SayTwice.self, "command Say is registered twice", line: SayTwice.line)
        expect(Namesakes.self, "command Tell has the name \"say\" of another command", line: Namesakes.line)
        expect(EventTwice.self, "event Cry is registered twice", line: EventTwice.line)
        expect(SystemTwice.self, "system Grow is registered twice", line: SystemTwice.line)
    }

    @Test("every mistake is found, and what only follows from another is none")
    func all() {
        let faults = WorldEngine.declaration(of: AllWrong.self, site: Self.program).faults
        #expect(
            faults.map(\.why) == [
                "\"All Wrong\" is no name for a world: 1 to 32 of a-z 0-9 - _", "the owner field of deed must stand before texts and lists",
                "command Say is registered twice", "system Grow declares Height, which is not among the world's parts",
            ])
        #expect(faults.map { $0.site?.line } == [Self.program.line, AllWrong.line, AllWrong.line + 2, AllWrong.line + 3])
        #expect(WorldEngine.declaration(of: Fine.self, site: Self.program).faults.isEmpty)
    }

    @Test("a system that declares what is not among the parts is found where it is listed")
    func undeclared() { expect(Missing.self, "system Grow declares Height, which is not among the world's parts", line: Missing.line) }

    @Test("an owner field after a text, a rule for no stored field, and a field of no field type are found with their part")
    func fields() {
        expect(One<Deed>.self, "the owner field of deed must stand before texts and lists", line: One<Deed>.line)
        expect(One<Hidden>.self, "hidden names an owner, which the edge must be able to read", line: One<Hidden>.line)
        expect(One<Counted>.self, "Counted.coins is a Int, which is no field type; use Int64 or a smaller one", line: One<Counted>.line)
        #expect(fault(One<Computed>.self)?.why.hasPrefix("a rule of Computed is for \\Computed.") == true)
        #expect(fault(One<Computed>.self)?.site?.line == One<Computed>.line)
    }

    @Test("what is wrong with a command's result is found where the command is listed")
    func result() { expect(Answering.self, "Reply.coins is a Int, which is no field type; use Int64 or a smaller one", line: Answering.line) }

    @Test("a sight before its component, and with radii out of order")
    func sights() {
        expect(Early.self, "Sight comes after its component: list Spot before it among the world's parts", line: Early.line)
        expect(Inside.self, "the radii of sight are out of order: 20.0, 10.0", line: Inside.line)
    }

    @Test("what belongs to no part has the place of the world's program")
    func whole() {
        expect(Nameless.self, "\"No Name\" is no name for a world: 1 to 32 of a-z 0-9 - _")
        expect(Frantic.self, "2000000 ticks a second; a pace has 1 to 1000")
        expect(Crowded.self, "0 entities; a world has room for 1 to 4194304")
    }
}

private protocol Declared: World {}

extension Declared {
    static var name: String { "declared" }
    static func arrive(_ account: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
}

private struct Height: Component { var metres: Int32 = 0 }
private struct Spot: Component { var (x, y) = (0 as Int32, 0 as Int32) }
private struct Cry: Event { var loudness: UInt8 = 0 }
private struct Say: Command { static func run(_ say: Say, _ turn: inout Turn) throws(Refusal) {} }
private struct Tell: Command {
    static var name: String { "say" }
    static func run(_ tell: Tell, _ turn: inout Turn) throws(Refusal) {}
}
private enum Grow: System {
    static var writes: [any Component.Type] { [Height.self] }
    static func run(_ turn: inout Turn) {}
}

private enum Fine: Declared {
    static var parts: Parts {
        Height.self
        Spot.self
        Sight(\Spot.x, \Spot.y, inner: 10, outer: 20)
        Say.self
        Cry.self
        Grow.self
    }
}

private enum HeightTwice: Declared {
    static let line: UInt = #line + 4
    static var parts: Parts {
        Height.self
        Say.self
        Height.self
    }
}

private enum SayTwice: Declared {
    static let line: UInt = #line + 1
    static var parts: Parts { Say.self; Say.self }
}

private enum Namesakes: Declared {
    static let line: UInt = #line + 3
    static var parts: Parts {
        Say.self
        Tell.self
    }
}

private enum EventTwice: Declared {
    static let line: UInt = #line + 3
    static var parts: Parts {
        Cry.self
        Cry.self
    }
}

private enum SystemTwice: Declared {
    static let line: UInt = #line + 4
    static var parts: Parts {
        Height.self
        Grow.self
        Grow.self
    }
}

private enum Missing: Declared {
    static let line: UInt = #line + 3
    static var parts: Parts {
        Spot.self
        Grow.self
    }
}

private enum One<C: Component>: Declared {
    static var line: UInt { return #line + 1 }
    static var parts: Parts { C.self }
}

private struct Deed: Component {
    var title = Text<20>()
    var holder = Entity.none
    static var fields: [FieldRule<Self>] { [.owner(\.holder)] }
}

private struct Hidden: Component {
    var holder = Entity.none
    static var visibility: Visibility { .server }
    static var fields: [FieldRule<Self>] { [.owner(\.holder)] }
}

private struct Counted: Component { var coins = 0 }

private struct Computed: Component {
    var half: Int32 = 0
    var whole: Int32 { half * 2 }
    static var fields: [FieldRule<Self>] { [.range(\.whole, 0...10)] }
}

private enum Early: Declared {
    static let line: UInt = #line + 2
    static var parts: Parts {
        Sight(\Spot.x, \Spot.y, inner: 10, outer: 20)
        Spot.self
    }
}

private enum Inside: Declared {
    static let line: UInt = #line + 3
    static var parts: Parts {
        Spot.self
        Sight(\Spot.x, \Spot.y, inner: 20, outer: 10)
    }
}

private struct Reply: Record { var coins = 0 }
private struct Ask: Command {
    static func run(_ ask: Ask, _ turn: inout Turn) throws(Refusal) -> Reply { Reply() }
}

private enum Answering: Declared {
    static let line: UInt = #line + 1
    static var parts: Parts { Ask.self }
}

private enum Nameless: Declared {
    static var name: String { "No Name" }
    static var parts: Parts { Height.self }
}

private enum Frantic: Declared {
    static var pace: Pace { .fixed(hertz: 2_000_000) }
    static var parts: Parts { Height.self }
}

private enum Crowded: Declared {
    static var entityLimit: Int { 0 }
    static var parts: Parts { Height.self }
}

/// `Holds` declares `Deed`, which is wrong itself: that is one mistake.
private enum AllWrong: Declared {
    static var name: String { "All Wrong" }
    static let line: UInt = #line + 2
    static var parts: Parts {
        Deed.self
        Say.self
        Say.self
        Grow.self
        Holds.self
    }

    enum Holds: System {
        static var writes: [any Component.Type] { [Deed.self] }
        static func run(_ turn: inout Turn) {}
    }
}
