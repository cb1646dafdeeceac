import Glibc
import OrgeSchema
import Testing

@testable import OrgeWorld

/// Worlds that none can be must be refused when they are registered, in words that their author can act on.
@Suite("Registering a world")
struct RegistrationTests {
    /// What a process says that registers the world and ends of it.
    private static func complaint(of result: ExitTest.Result?) -> String { String(decoding: result?.standardErrorContent ?? [], as: UTF8.self) }

    @Test("a command that is longer on the wire than it may be is refused, with type, size and limit named")
    func longCommand() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { register(Verbose.self) }
        #expect(Self.complaint(of: result).contains("a row of Recite may have 4992 bytes; at most 4096 are allowed"))
    }

    @Test("a component that takes more memory than a row may is refused, with type, size and limit named")
    func largeComponent() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { register(Wide.self) }
        #expect(Self.complaint(of: result).contains("Scroll takes 4098 bytes of memory; a row has at most 4096"))
    }

    @Test("the longest rows that are allowed are accepted: commands, components, intents, events and results")
    func longest() {
        let schema = Registry(Broad.self).schema
        #expect(schema.components.map(\.row.maxBytes) == [4_096, 4_096] && schema.events[0].row.maxBytes == 4_096)
        #expect(schema.commands[0].row.maxBytes == 4_096 && schema.commands[0].result.maxBytes == 4_096)
        #expect(Input.payloadLimit == RowPlan.sizeLimit)
    }

    @Test("an example that is too long for its field is refused, and one that breaks its rule")
    func badExamples() async {
        let unread = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { register(Misled<Wrong>.self) }
        #expect(Self.complaint(of: unread).contains("the example \"several\" of Wrong.name: "))
        let broken = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { register(Misled<Over>.self) }
        #expect(Self.complaint(of: broken).contains("the example \"11\" of Over.count: "))
    }

    @Test("a schema that no frame can hold is refused")
    func longSchema() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { register(Untold.self) }
        #expect(Self.complaint(of: result).contains("no client can be told the schema of untold"))
    }
}

/// Runs in a child process without backtraces, which would cost seconds and are not checked.
private func register<W: World>(_: W.Type) {
    for crash in [SIGILL, SIGTRAP] { signal(crash, SIG_DFL) }
    _ = Registry(W.self)
}

private protocol Empty: World {}

extension Empty {
    static var pace: Pace { .onDemand }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
}

/// One byte in memory, eight in a row.
private enum Tone: UInt64, Choice { case low = 1, high }

private struct Eight: BitwiseCopyable {
    var (a, b, c, d) = (Tone.low, Tone.low, Tone.low, Tone.low)
    var (e, f, g, h) = (Tone.low, Tone.low, Tone.low, Tone.low)
}

private struct Chord: BitwiseCopyable {
    var (a, b, c, d) = (Eight(), Eight(), Eight(), Eight())
    var (e, f, g, h) = (Eight(), Eight(), Eight(), Eight())
    var (i, j, k) = (Eight(), Eight(), Eight())
    var (l, m) = (Eight(), Eight())
}

private struct Recite: Command {
    var (a, b, c, d, e, f) = (Chord(), Chord(), Chord(), Chord(), Chord(), Chord())
    static func run(_ recite: Recite, _ turn: inout Turn) throws(Refusal) {}
}

private enum Verbose: Empty {
    static let name = "verbose"
    static var parts: Parts { Recite.self }
}

private struct Scroll: Component { var text = Text<4_096>() }

private enum Wide: Empty {
    static let name = "wide"
    static var parts: Parts { Scroll.self }
}

private struct Page: Component { var text = Text<4_094>() }
private struct Wish: Intent { var text = Text<4_094>() }
private struct Cry: Event { var text = Text<4_094>() }
private struct Answer: Record { var text = Text<4_094>() }
private struct Ask: Command {
    var text = Text<4_094>()
    static func run(_ ask: Ask, _ turn: inout Turn) throws(Refusal) -> Answer { Answer() }
}

private enum Broad: Empty {
    static let name = "broad"
    static var parts: Parts {
        Page.self
        Wish.self
        Ask.self
        Cry.self
    }
}

private struct Wrong: Component {
    var name = Text<4>()
    static var fields: [FieldRule<Self>] { [.examples(\.name, "one", "several")] }
}

private struct Over: Component {
    var count: UInt8 = 0
    static var fields: [FieldRule<Self>] { [.range(\.count, 0...10), .examples(\.count, 10, 11)] }
}

private enum Misled<Part: Component>: Empty {
    static var name: String { "misled" }
    static var parts: Parts { Part.self }
}

private struct Overlong: Component {
    var count: UInt8 = 0
    static var fields: [FieldRule<Self>] { [.unit(\.count, String(repeating: "long ", count: 30))] }
}

private enum Untold: Empty {
    static let name = "untold"
    static var parts: Parts { Overlong.self }
}
