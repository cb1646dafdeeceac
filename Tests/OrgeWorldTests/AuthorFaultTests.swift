import Glibc
import OrgeSchema
import Testing

@testable import OrgeWorld

/// Mistakes that the compiler lets through must end the world with words that its author can act on, in every build.
@Suite("Mistakes of a world's author")
struct AuthorFaultTests {
    private static func complaint(of result: ExitTest.Result?) -> String { String(decoding: result?.standardErrorContent ?? [], as: UTF8.self) }

    @Test("a field of Int is named, with the type to use instead")
    func machineSized() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { play(Careless<Counted>.self, ticks: 0) }
        #expect(Self.complaint(of: result).contains("Counted.coins is a Int, which is no field type; use Int64 or a smaller one"))
    }

    @Test("an optional entity is named, with the value to use instead of nil")
    func optional() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { play(Careless<Courted>.self, ticks: 0) }
        #expect(
            Self.complaint(of: result).contains("Courted.suitor is a Optional<Entity>, which is no field type; use Entity; Entity.none takes the place of nil"))
    }

    @Test("a system that reads what it has not declared is named, with the component")
    func undeclared() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { play(Careless<Plain>.self, ticks: 1) }
        #expect(Self.complaint(of: result).contains("the system Peek reads Plain, which is not in its `reads`"))
    }

    @Test("a query that wants one component twice to write is refused: the two would be one piece of memory")
    func twiceInHand() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { play(Greedy.self, ticks: 1) }
        #expect(Self.complaint(of: result).contains("a query takes one component `inout` twice"))
    }

    @Test("a component and an event that are used and not among the parts are named, with the line to add")
    func missingParts() async {
        let component = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { play(Forgetful<Keeps>.self, ticks: 1) }
        #expect(Self.complaint(of: component).contains("Plain is not among the world's parts: add Plain.self to `parts`"))
        let event = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { play(Forgetful<Cries>.self, ticks: 1) }
        #expect(Self.complaint(of: event).contains("Cry is not among the world's parts: add Cry.self to `parts`"))
    }

    @Test("a world that reads the time without declaring it is told how to declare it")
    func undeclaredTime() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { play(Timed.self, ticks: 1) }
        #expect(Self.complaint(of: result).contains("reads utcMilliseconds, and its world does not declare `static var readsUTC: Bool { true }`"))
    }

    @Test("a pace that no clock can keep is named")
    func impossiblePace() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { play(Frantic.self, ticks: 0) }
        #expect(Self.complaint(of: result).contains("2000000 ticks a second; a pace has 1 to 1000"))
    }
}

/// Runs in a child process without backtraces, which would cost seconds and are not checked.
private func play<W: World>(_ world: W.Type, ticks: UInt64) {
    for crash in [SIGILL, SIGTRAP] { signal(crash, SIG_DFL) }
    let engine = WorldEngine(world, number: 1, seed: 1)
    for tick in 0..<ticks { _ = engine.execute(tick: tick + 1, utcMilliseconds: 0, inputs: []) }
}

/// Uses in its one system what its parts do not list.
private enum Forgetful<Use: System>: World {
    static var name: String { "forgetful" }
    static var parts: Parts { Use.self }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
}

private enum Keeps: System {
    static let writes: [any Component.Type] = []
    static func run(_ turn: inout Turn) { turn.each { (_: Plain) in } }
}

private enum Cries: System {
    static let writes: [any Component.Type] = []
    static func run(_ turn: inout Turn) { turn.emit(Cry(), to: .all) }
}

private struct Cry: Event {}

private struct Counted: Component { var coins = 0 }
private struct Courted: Component { var suitor: Entity? = nil }
private struct Plain: Component { var height: Int32 = 0 }

private enum Peek: System {
    static let writes: [any Component.Type] = []
    static func run(_ turn: inout Turn) { turn.each { (_: Plain) in } }
}

private enum Careless<C: Component>: World {
    static var name: String { "careless" }
    static var parts: Parts { C.self; Peek.self }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
}

private enum Clock: System {
    static var writes: [any Component.Type] { [Plain.self] }
    static func run(_ turn: inout Turn) { _ = turn.utcMilliseconds }
}

private enum Timed: World {
    static var name: String { "timed" }
    static var parts: Parts { Plain.self; Clock.self }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
}

private enum Greedy: World {
    static var name: String { "greedy" }
    static var parts: Parts { Plain.self; Grab.self }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
}

private enum Grab: System {
    static var writes: [any Component.Type] { [Plain.self] }
    static func run(_ turn: inout Turn) { turn.each { (one: inout Plain, other: inout Plain) in swap(&one, &other) } }
}

private enum Frantic: World {
    static let name = "frantic"
    static let pace = Pace.fixed(hertz: 2_000_000)
    static var parts: Parts { Plain.self }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
}
