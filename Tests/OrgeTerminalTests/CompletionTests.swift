import OrgeSchema
import OrgeSession
import Testing

@testable import OrgeTerminal

@Suite struct CompletionTests {
    /// The line after these keys.
    static func line(_ keys: String) -> String {
        var machine = PlayMachine.inGarden()
        machine.type(keys)
        return machine.editor.text
    }

    @Test("Tab completes names of commands and intents, then of their fields")
    func names() {
        #expect(Self.line("s\t\t") == "steer", "after say")
        #expect(Self.line("sa\t") == "say ")
        #expect(Self.line("st\t") == "steer ")
        #expect(Self.line("say \t") == "say text=")
        #expect(Self.line("give to=none a\t") == "give to=none amount=")
        #expect(Self.line("give to=none amount=1 \t") == "give to=none amount=1 gently=")
        #expect(Self.line("steer \t1 \t2") == "steer dx=1 dy=2", "the fields in their order, as nothing is typed of a name")
        #expect(Self.line("give \t\t") == "give to=1:3.1")
        #expect(Self.line("nothing \t") == "nothing ")
        #expect(Self.line("say text=\"a b\" \t") == "say text=\"a b\" ", "nothing is left")
    }

    @Test("Tab completes values: choices, truth, examples and entities in view, the nearest first and the own one last")
    func values() {
        #expect(Self.line("become kind=g\t") == "become kind=gnome ")
        #expect(Self.line("become kind=h\t") == "become kind=hare")
        #expect(Self.line("become kind=h\t\t") == "become kind=hedgehog")
        #expect(Self.line("become kind=h\t\t\t") == "become kind=hare")
        #expect(Self.line("become kind=h\t\u{1b}[Z") == "become kind=hedgehog")
        #expect(Self.line("give gently=t\t") == "give gently=true ")
        #expect(Self.line("say text=w\t") == "say text=\"what a day\" ")
        #expect(Self.line("say text=\"wh\t") == "say text=\"what a day\" ")
        #expect(Self.line("give to=1\t") == "give to=1:")
        #expect(Self.line("give to=\t") == "give to=1:3.1")
        #expect(Self.line("give to=\t\t\t\t") == "give to=1:1.1")
        #expect(Self.line("give to=n\t") == "give to=none ")
    }

    @Test("Completing in the middle of a line leaves the rest alone")
    func middle() {
        #expect(Self.line("sa text=x\u{1b}[H\u{1b}[C\u{1b}[C\t") == "say  text=x")
    }

    @Test("Names of this client complete too, after a slash alone")
    func local() {
        #expect(Self.line("q\t") == "quit ")
        #expect(Self.line("/q\t") == "/quit ")
        #expect(Self.line("/s\t") == "/s")
        #expect(Self.line("help be\t") == "help become ")
        #expect(Self.line("help sp\t") == "help spoken ")
        #expect(Self.line("columns pl\t") == "columns place ")
        #expect(Self.line("only kind=ha\t") == "only kind=hare ")
    }

    @Test("The offers are shown, the current one stands out, and another key takes it")
    func offers() {
        var machine = PlayMachine.inGarden()
        machine.type("give to=\t")
        let offers = machine.lines()[21]
        #expect(offers.hasPrefix("to=1:3.1 (hedgehog)  to=1:4.1 (hare)  to=1:2.1 (björn)  to=1:1.1 (you)"), "\(offers)")
        #expect(machine.screen(now: 1)[21, 0].style == .reversed)
        machine.type(" ")
        #expect(machine.editor.text == "give to=1:3.1 ")
        #expect(machine.completion == nil)
    }

    @Test("Words are cut as the line will be read", arguments: 0..<200 as Range<UInt64>)
    func words(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let text = (0..<random.below(20)).map { _ in ["a", "=", " ", "\"", "\\", "b"][random.below(6)] }.joined()
        let line = LineWords(text)
        #expect(String(Array(text)[line.start...]) == line.typed)
        guard let words = typedWords(text + "\u{1}") else { return }
        #expect(Array(words.dropLast()) == line.finished, "\(text)")
    }
}
