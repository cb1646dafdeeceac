import OrgeSchema
import Testing

@testable import orge

@Suite("What orge check makes of a run, a backtrace and a package")
struct CheckTests {
    private let sources = AuthorSources(
        folder: "/p", files: ["/p/Sources/tally/Tally.swift", "/p/Sources/tally/Main.swift"],
        modules: [(name: "tally", files: ["/p/Sources/tally/Tally.swift", "/p/Sources/tally/Main.swift"], isShared: false)])

    private let lines = ExecutableLines("/p/tally")

    @Test("A run's log has the hash of each tick, and of the tick that runs its inputs")
    func log() {
        var log = RunLog()
        for line in ["t 0 00", "i 1 0 3 join", "t 1 0a", "i 1 1 3 add points=4294967295", "i 2 0 4 walk dx=1"] { log.receive(line) }
        #expect(log.hashes == ["00", "0a"] && log.nextTick == 2 && log.stray == nil)
        #expect(log.inputs.map(\.what) == ["add points=4294967295", "walk dx=1"])
        let command = FlightEntry(phase: .command, tick: 2, source: .session(1), sequence: 1)
        #expect(log.subject(command, systems: []) == "add points=4294967295" && log.command(command) == "add")
        #expect(log.subject(FlightEntry(phase: .intent, tick: 2, source: .session(2)), systems: []) == "walk dx=1")
        #expect(log.subject(FlightEntry(phase: .system, tick: 2, system: 1), systems: ["Grow", "Roam"]) == "system Roam")
        #expect(log.command(FlightEntry(phase: .system, tick: 2)) == nil)
    }

    @Test("Lines that no world writes are noticed", arguments: ["hello", "t 1 00", "t x 00", "i 1 2", "i one 0 3 join", ""])
    func strayLines(line: String) {
        var log = RunLog()
        log.receive(line)
        #expect(log.stray == line && log.hashes.isEmpty && log.inputs.isEmpty)
    }

    @Test("The author's innermost frame and the runtime's words are taken from a backtrace")
    func overflow() {
        let backtrace = Backtrace(
            """
            *** Swift runtime failure: arithmetic overflow ***

            Thread 0 "tally" crashed:

              0 [inlined] [system] 0x00005570e2e89c48 Swift runtime failure: arithmetic overflow in tally at //<compiler-generated>
              1 [ra]               0x00005570e2e51943 Turn.update<A>(_:_:_:) + 434 in tally at /orge/Sources/Pure/OrgeWorld/Author/Turn.swift:72:9
              2 [ra]               0x00005570e2e89c48 static Add.run(_:_:) + 88 in tally at /p/Sources/tally/Tally.swift:12:59
              3 [ra]               0x00005570e2e8a955 static Main.main() + 1012 in tally at /p/Sources/tally/Main.swift:3:31
            """)
        #expect(backtrace.reason == "arithmetic overflow" && backtrace.frames.count == 4)
        #expect(backtrace.place(sources, lines) == Finding.Place(file: "Sources/tally/Tally.swift", line: 12))
        let beyond = "0 0x1 f in w at /o/Sources/Shell/OrgeHostProcess/Program/WorldProgram.swift:30:1\n1 0x2 main in w at /p/Sources/tally/Main.swift:3:1"
        #expect(Backtrace(beyond).place(sources, lines) == nil, "the program's main has no part in it")
        #expect(backtrace.place(AuthorSources(), lines)?.file == "/p/Sources/tally/Tally.swift", "without a package: the first that is not Orge's")
    }

    @Test("A fatal error's message is the reason; what is no backtrace has none")
    func fatalErrors() {
        #expect(Backtrace("OrgeWorld/X.swift:3: Fatal error: near() needs a position\n*** Program crashed: Illegal ***").reason == "near() needs a position")
        #expect(Backtrace("0 at /:\n x at /a:b\n 1 0xg f in w at /a:7:1\n 1 f in w at /a:7:1").frames.isEmpty)
        let lineless = Backtrace("0 0x1 f in w at /a:0:1\n1 0x2 f in w at /a\n 2 0x3 f in w at /a:b").frames
        #expect(lineless == [1, 2, 3].map { Backtrace.Frame(file: "/a", line: nil, address: $0) })
    }

    @Test("An instruction without a line has that of the next one in its function")
    func nextLine() {
        let dump = """
            /p/tally:\tfile format elf64-x86-64

            00000000004500c0 <run>:
            ; run():
              450119:      \tmovq\t%rcx, -0x40(%rbp)
            ; /p/Other.swift:9
            ; /p/Tally.swift:13
              450121:      \tcmpq\t$0x0, %rax

            0000000000450200 <other>:
            ; /p/Main.swift:20
            """
        #expect(ObjectDump.firstLine(of: dump, in: "/p/Tally.swift") == 13)
        #expect(ObjectDump.firstLine(of: dump, in: "/p/Main.swift") == nil, "that is another function")
        #expect(ObjectDump.firstLine(of: "", in: "/p/Tally.swift") == nil)
    }

    @Test("A file's id becomes the path from the package's folder")
    func fileIDs() {
        #expect(sources.place(fileID: "tally/Main.swift", 3) == Finding.Place(file: "Sources/tally/Main.swift", line: 3))
        #expect(sources.place(fileID: "other/Main.swift", 3).file == "other/Main.swift")
    }

    @Test("One trap at one line is one finding, and so is printing from each seed; a difference is told only where nothing explains it")
    func merging() {
        var report = CheckReport("tally")
        let place = Finding.Place(file: "A.swift", line: 1)
        report.add(Finding(.trap, at: place, "add points=1 traps", subject: "add"))
        report.add(Finding(.trap, at: place, "add points=2 traps", subject: "add"))
        report.add(Finding(.loop, at: place, "spin n=1 does not end", subject: "spin"))
        report.add(Finding(.loop, at: nil, "spin n=2 does not end", subject: "spin"))
        report.add(Finding(.difference, at: nil, "two runs differ"))
        report.add(Finding(.difference, at: nil, "two other runs differ"))
        report.add(Finding(.output, at: nil, "prints 1 (seed 1)"))
        report.add(Finding(.output, at: nil, "prints 2 (seed 2)"))
        #expect(report.findings.map(\.message) == ["add points=1 traps", "spin n=1 does not end", "two runs differ", "prints 1 (seed 1)"])
        var other = CheckReport("tally")
        other.add(Finding(.clock, at: place, "reads the clock"))
        other.add(Finding(.difference, at: nil, "two runs differ"))
        #expect(other.findings.map(\.kind) == [.clock])
        #expect(other.findings[0].line("tally") == "A.swift:1: reads the clock" && Finding(.output, at: nil, "prints").line("tally") == "tally: prints")
    }

    @Test("The worlds of a package are the executables that link Orge's world program, and the author's targets are those that are not Orge's")
    func packages() throws {
        let package = try SwiftPackage(
            describedBy: """
                {"name": "mine", "path": "/p", "products": [
                  {"name": "tally", "targets": ["tally"], "type": {"executable": null}}, {"name": "tool", "targets": ["tool"], "type": {"executable": null}},
                  {"name": "lib", "targets": ["TallyWorld"], "type": {"library": ["automatic"]}}],
                 "targets": [
                  {"name": "tally", "c99name": "tally", "path": "Sources/tally", "sources": ["Main.swift"], "type": "executable",
                   "target_dependencies": ["TallyWorld"], "product_dependencies": ["OrgeWorld"]},
                  {"name": "TallyWorld", "c99name": "TallyWorld", "path": "Sources/TallyWorld", "sources": ["Tally.swift"], "type": "library"},
                  {"name": "tool", "c99name": "tool", "path": "Sources/tool", "sources": ["main.swift"], "type": "executable"}]}
                """)
        #expect(package.worlds == ["tally"])
        #expect(package.sources(of: "tally").files.sorted() == ["/p/Sources/TallyWorld/Tally.swift", "/p/Sources/tally/Main.swift"])
        #expect(throws: CommandFailure.self) { try SwiftPackage(describedBy: "warning: no JSON") }
    }

    @Test("A module that two worlds of a package link is shared")
    func sharedModules() throws {
        func target(_ name: String, _ more: String) -> String {
            "{\"name\": \"\(name)\", \"c99name\": \"\(name)\", \"path\": \"S\", \"sources\": [\"A.swift\"], \"type\": \"any\"\(more)}"
        }
        func program(_ name: String) -> String { "{\"name\": \"\(name)\", \"targets\": [\"\(name)\"], \"type\": {\"executable\": null}}" }
        let world = ", \"target_dependencies\": [\"Parts\"], \"product_dependencies\": [\"OrgeWorld\"]"
        let targets = [target("one", world), target("two", world), target("Parts", "")].joined(separator: ", ")
        let package = try SwiftPackage(
            describedBy: "{\"name\": \"mine\", \"path\": \"/p\", \"products\": [\(program("one")), \(program("two"))], \"targets\": [\(targets)]}")
        #expect(package.sources(of: "one").modules.map(\.name).sorted() == ["Parts", "one"])
        #expect(package.sources(of: "one").modules.filter(\.isShared).map(\.name) == ["Parts"])
    }

    @Test("A declaration is read from its document; other texts are none")
    func documents() throws {
        var schema = WorldSchema(name: "tally", version: 1, tickMicroseconds: 50_000)
        schema.commands.append(.init(id: 0, name: "add", fields: [], result: [], weight: 1, cost: 1))
        let hexadecimal = schema.encoded().hexadecimal
        let whole = DeclarationDocument(
            """
            {"mistakes":[],"systems":[{"name":"Grow","period":2,"reads":[],"writes":["score"]}],"types":["tally.Grow"],"schema":"\(hexadecimal)"}
            """)
        #expect(whole?.schema == schema && whole?.lines.last == "system Grow, each 2 ticks, reads nothing, writes score")
        #expect(whole?.types == ["tally.Grow"])
        let wrong = DeclarationDocument(
            "{\"mistakes\":[{\"file\":\"tally/A.swift\",\"line\":3,\"message\":\"twice\"}],\"systems\":[],\"types\":[],\"schema\":null}")
        #expect(wrong?.mistakes == [DeclarationDocument.Mistake(file: "tally/A.swift", line: 3, message: "twice")])
        for text in [
            "", "hello", "{}", "{\"mistakes\":[],\"systems\":[],\"types\":[],\"schema\":null}",
            "{\"mistakes\":[],\"systems\":[],\"types\":[],\"schema\":\"ff\"}",
        ] {
            #expect(DeclarationDocument(text) == nil)
        }
    }
}
