import OrgeSchema
import Testing

@testable import orge

@Suite("What orge check finds in an author's code")
struct AuditTests {
    @Test("Lines and symbols are taken from a disassembly; what has no line of a file has none")
    func dump() {
        let dump = ObjectDump(
            """
            Add.swift.o:\tfile format elf64-x86-64

            0000000000000000 <$s5tally3AddV3runyyF>:
            ; $s5tally3AddV3runyyF():
                   0:      \tpushq\t%rbp
            ; /p/Sources/tally/Tally.swift:12
                   8:      \tcallq\t0xd <$s5tally3AddV3runyyF+0xd>
            \t\t0000000000000009:  R_X86_64_PLT32\t$ss5print_9separator10terminatoryypd_S2StF-0x4
            \t\t000000000000000f:  R_AARCH64_CALL26\tclock_gettime
            \t\t0000000000000014:  R_X86_64_PC32\t.bss.$s5tally5totalSivp+0x10

            0000000000000020 <$s5tally5totalSivau>:
            ; /p/Sources/tally/Tally.swift:3
                  20:      \tleaq\t(%rip), %rax

            0000000000000030 <$sSD5countSivg>:
            \t\t0000000000000031:  R_X86_64_PLT32\t$sSD5countSivg-0x4
            """)
        let file = "/p/Sources/tally/Tally.swift"
        #expect(
            dump.references
                == ["$ss5print_9separator10terminatoryypd_S2StF", "clock_gettime", ".bss.$s5tally5totalSivp"].map {
                    ObjectDump.Reference(symbol: $0, file: file, line: 12)
                })
        #expect(dump.functions.compactMap { GlobalVariable($0) }.map(\.line) == [3])
    }

    @Test(
        "What a world may not use is known by the names of its symbols",
        arguments: [
            ("$ss15ContinuousClockV3nowAB7InstantVvgZ", Finding.Kind.clock, "ContinuousClock"), ("clock_gettime", .clock, "clock_gettime"),
            ("$s10Foundation4DateVACycfC", .foundation, "Date"), ("$sSS10FoundationE6format_S2Sh_s7CVarArg_pdtcfC", .foundation, "Foundation"),
            ("$sScTss5NeverORszABRs_rlE5sleep11nanosecondsys6UInt64V_tYaKFZTu", .threads, "Task"), ("swift_task_create", .threads, "Task"),
            ("pthread_create", .threads, "pthread_create"), ("$ss17FixedWidthIntegerPsE6random2inxSNyxG_tFZ", .randomness, "random(in:)"),
            ("$sSMsSkRzrlE7shuffleyyF", .randomness, "shuffle()"), ("arc4random_uniform", .randomness, "arc4random_uniform"),
            ("$sSD12makeIteratorSD0B0Vyxq__GyF", .unordered, "Dictionary"), ("$sShyShyxGqd__nc7ElementQyd__RszSTRd__lufC", .unordered, "Set"),
            ("$sSi9hashValueSivg", .unordered, "hashValue"), ("$ss6HasherV8finalizeSiyF", .unordered, "Hasher"),
            ("$ss5print_9separator10terminatoryypd_S2StF", .input, "print"), ("fopen", .input, "fopen"), ("sinf", .float, "sinf"), ("pow", .float, "pow"),
        ])
    func forbidden(symbol: String, kind: Finding.Kind, name: String) {
        #expect(ForbiddenSymbols.match(symbol) == ForbiddenSymbols.Match(kind: kind, name: name))
    }

    @Test(
        "What a world may use is not blamed",
        arguments: [
            "sqrt", "fmod", "floor", "memcpy", "swift_once", "swift_retain", "$sSa6appendyyxnF",
            "$ss17FixedWidthIntegerPsE6random2in5usingxSnyxG_qd__ztSGRd__lFZ",
            "$s9OrgeWorld4TurnV6random2inSiSNySiG_tF", "$ss15ContinuousClockVMa", "$s5tally5DicesV8shuffledACyF", "$sSHMp", "$ss6HasherV7combineyyxSHRzlF",
            "timer", "",
        ])
    func harmless(symbol: String) { #expect(ForbiddenSymbols.match(symbol) == nil) }

    private func audit(_ text: String) -> FileAudit { FileAudit(text, place: { Finding.Place(file: "A.swift", line: $0) }) }

    @Test("One thing in one file is one finding at its first line, with the other lines")
    func grouping() {
        var audit = audit("a\nb\nc\n")
        let set = ForbiddenSymbols.Match(kind: .unordered, name: "Set")
        for line in [3, 2, 3, 1] { audit.add(set, line: line) }
        audit.add(ForbiddenSymbols.Match(kind: .unordered, name: "Dictionary"), line: 2)
        #expect(
            audit.result.map { $0.line("x") } == [
                "A.swift:1: Set: \(Finding.Kind.unordered.why) (also lines 2, 3)", "A.swift:2: Dictionary: \(Finding.Kind.unordered.why)",
            ])
    }

    @Test("A comment with a kind and a reason allows its line and the next; one without is a finding")
    func allowed() {
        var audit = audit(
            "let a = Set()  // orge:allow unordered: asked\n// orge:allow unordered: above\nuse(a)\nuse(a)\n// orge:allow unordered\n// orge:allow chaos: x\n"
        )
        for line in [1, 3, 4] { audit.add(ForbiddenSymbols.Match(kind: .unordered, name: "Set"), line: line) }
        audit.add(ForbiddenSymbols.Match(kind: .clock, name: "time"), line: 1)
        #expect(audit.result.map { $0.place?.line } == [1, 4, 5, 6])
        #expect(audit.result.map(\.kind) == [.clock, .unordered, .declaration, .declaration])
        #expect(audit.allowed.compactMap { $0.place?.line } == [1, 3])
    }

    private func variable(_ line: Int) throws -> GlobalVariable {
        try #require(GlobalVariable(ObjectDump.Reference(symbol: "$s5tally5totalSivau", file: "/p/A.swift", line: line)))
    }

    @Test("A variable is state, a constant is none unless what it names changes")
    func globals() throws {
        var audit = audit("var total = 1\nlet constant = 2\nlet memory = Memory()\nstatic var\n    long\n    = 3\nlet varied = 1\n")
        for line in [1, 2, 5, 7] { audit.add(try variable(line), whatChanges: nil) }
        audit.add(try variable(3), whatChanges: "the class Memory")
        #expect(audit.result.map { $0.place?.line } == [1, 3, 4])
        #expect(audit.result[1].message.contains("the class Memory"))
        #expect(GlobalVariable(ObjectDump.Reference(symbol: "$s5tally5totalSivg", file: "/p/A.swift", line: 1)) == nil)
    }

    @Test("Classes, locks and pointers behind a constant change; key paths and arrays of numbers do not")
    func whatChanges() {
        func tree(_ type: String) -> [Substring] {
            let head = ["kind=Global", "  kind=UnsafeMutableAddressor", "    kind=Variable", "      kind=Module, text=\"tally\"", "      kind=Type"]
            return (head.joined(separator: "\n") + "\n" + type).split(separator: "\n")
        }
        let own = "        kind=Class\n          kind=Module, text=\"tally\"\n          kind=Identifier, text=\"Memory\""
        #expect(GlobalVariable.whatChanges(tree(own)) == "the class Memory")
        let path = "        kind=Class\n          kind=Module, text=\"Swift\"\n          kind=Identifier, text=\"KeyPath\""
        #expect(GlobalVariable.whatChanges(tree(path)) == nil)
        let lock = "        kind=Structure\n          kind=Module, text=\"Synchronization\"\n          kind=Identifier, text=\"Mutex\""
        #expect(GlobalVariable.whatChanges(tree(lock)) == "Mutex")
        #expect(GlobalVariable.whatChanges(tree(lock.replacing("Synchronization", with: "Swift").replacing("Mutex", with: "Array"))) == nil)
        #expect(GlobalVariable.whatChanges([]) == nil)
    }

    @Test("An import of Foundation of which nothing is used is a finding too")
    func imports() {
        var audit = audit("// import Foundation\nimport OrgeWorld\npublic import FoundationEssentials\n")
        audit.addImports()
        #expect(audit.result.map { $0.place?.line } == [3])
    }

    @Test("The conformance descriptors that a file has are taken from its symbols; those that it only needs are not")
    func descriptors() {
        let dump = ObjectDump(
            """
            Add.swift.o:\tfile format elf64-x86-64

            SYMBOL TABLE:
            0000000000000000 l    df *ABS*\t0000000000000000 Add.swift
            0000000000000000 g     O .rodata\t0000000000000010 $s5tally3AddV9OrgeWorld7CommandAAMc
            0000000000000000         *UND*\t0000000000000000 $s9OrgeWorld7RefusalVs5ErrorAAMc

            0000000000000000 <$s5tally3AddV3runyyF>:
            """)
        #expect(dump.conformances == ["$s5tally3AddV9OrgeWorld7CommandAAMc"] && dump.functions.map(\.symbol) == ["$s5tally3AddV3runyyF"])
    }

    private func conformances(_ texts: String...) -> [UnlistedParts.Conformance] {
        texts.compactMap { UnlistedParts.Conformance("protocol conformance descriptor for \($0)") }
    }

    @Test("Types that conform to Orge's protocols are known by their path, private ones too; generic and local ones are left out")
    func conformanceTexts() {
        let found = conformances(
            "tally.Garden.Pick : OrgeWorld.Command in tally", "tally.(Rest in _651E4ADD) : OrgeWorld.System in tally",
            "tally.Garden.(Sown in _651E4ADD) : OrgeWorld.Event in tally", "tally.Key : Swift.Hashable in tally", "tally.Box<A> : OrgeWorld.Component in tally",
            "Local #1 in tally.f() -> () : OrgeWorld.Component in tally", "(extension in tally):other.Box.Pick : OrgeWorld.Command in tally")
        #expect(found.map { $0.path.joined(separator: "/") } == ["tally/Garden/Pick", "tally/Rest", "tally/Garden/Sown"])
        #expect(found.map(\.role) == ["Command", "System", "Event"])
        #expect(UnlistedParts.Conformance("nominal type descriptor for tally.Pick") == nil)
    }

    @Test("What no list names is missing: an intent once, nothing of other modules, and nothing where there are several worlds")
    func missingParts() {
        let found = conformances(
            "tally.Garden : OrgeWorld.World in tally", "tally.Add : OrgeWorld.Record in tally", "tally.Add : OrgeWorld.Command in tally",
            "tally.(Rest in _651E) : OrgeWorld.System in tally", "tally.Walk : OrgeWorld.Component in tally", "tally.Walk : OrgeWorld.Intent in tally",
            "Parts.Spoken : OrgeWorld.Event in Parts")
        let listed = ["tally.(unknown context at $5588).Rest", "()"]
        let missing = UnlistedParts.missing(found, in: ["tally"], listed: listed)
        #expect(
            missing.map(\.message) == [
                "Add is a Command and not among the parts of Garden: add Add.self to `parts`",
                "Walk is an Intent and not among the parts of Garden: add Walk.self to `parts`",
            ])
        #expect(UnlistedParts.missing(found, in: ["tally", "Parts"], listed: listed).map(\.name) == ["Add", "Walk", "Spoken"])
        #expect(UnlistedParts.missing(found, in: ["tally"], listed: listed + ["tally.Add", "tally.Walk"]).isEmpty)
        #expect(UnlistedParts.missing(found + conformances("tally.Other : OrgeWorld.World in tally"), in: ["tally"], listed: listed).isEmpty)
    }

    @Test("The line that declares a type is found after that of the type around it")
    func declarations() {
        let text = "// struct Pick\nenum Other { struct Pick {} }\nextension Garden {\n    private struct Pick: Command {}\n}\nextension Late: Event {}"
        let audit = FileAudit(text) { Finding.Place(file: "A.swift", line: $0) }
        #expect(audit.line(declaring: ["Garden", "Pick"]) == 4 && audit.line(declaring: ["Pick"]) == 2 && audit.line(declaring: ["Late"]) == 6)
        #expect(audit.line(declaring: ["Garden", "Other"]) == nil && audit.line(declaring: ["Pic"]) == nil)
    }
}
