import OrgeHostProcess
import OrgeWorld

/// Worlds that are wrong in one way each, for tests of `orge check`: a file each, whose comment `// finding: KIND` stands on the line that the one finding
/// must name. The executable's file name chooses the world; by any other name it is one without a mistake.
@main enum Main {
    static func main() {
        let name = CommandLine.arguments[0].split(separator: "/").last ?? ""  // orge:allow input: the program's own name, before the world begins
        let worlds: [(name: Substring, run: () -> Never)] = declarations + runs + code
        if let world = worlds.first(where: { $0.name == name }) { world.run() }
        WorldProgram.run(Sound.self)
    }

    private static var declarations: [(name: Substring, run: () -> Never)] {
        [
            ("PartTwice", { WorldProgram.run(PartTwice.self) }), ("PartMissing", { WorldProgram.run(PartMissing.self) }),
            ("OwnerAfterText", { WorldProgram.run(OwnerAfterText.self) }), ("NameTwice", { WorldProgram.run(NameTwice.self) }),
            ("FieldOfInt", { WorldProgram.run(FieldOfInt.self) }), ("ExampleTooLong", { WorldProgram.run(ExampleTooLong.self) }),
            ("PeriodOfZero", { WorldProgram.run(PeriodOfZero.self) }), ("RangeUpsideDown", { WorldProgram.run(RangeUpsideDown.self) }),
            ("HiddenOwner", { WorldProgram.run(HiddenOwner.self) }),
        ]
    }

    private static var runs: [(name: Substring, run: () -> Never)] {
        [
            ("UndeclaredWrite", { WorldProgram.run(UndeclaredWrite.self) }), ("UndeclaredRead", { WorldProgram.run(UndeclaredRead.self) }),
            ("TrapAtStart", { WorldProgram.run(TrapAtStart.self) }), ("Overflow", { WorldProgram.run(Overflow.self) }),
            ("EndlessCommand", { WorldProgram.run(EndlessCommand.self) }), ("EndlessStart", { WorldProgram.run(EndlessStart.self) }),
            ("EndlessSystem", { WorldProgram.run(EndlessSystem.self) }), ("LongLiteral", { WorldProgram.run(LongLiteral.self) }),
            ("UndeclaredTime", { WorldProgram.run(UndeclaredTime.self) }), ("TextIndex", { WorldProgram.run(TextIndex.self) }),
        ]
    }

    private static var code: [(name: Substring, run: () -> Never)] {
        [
            ("Clock", { WorldProgram.run(Clock.self) }), ("WithFoundation", { WorldProgram.run(WithFoundation.self) }),
            ("SetOrder", { WorldProgram.run(SetOrder.self) }), ("DictionaryOrder", { WorldProgram.run(DictionaryOrder.self) }),
            ("HashValue", { WorldProgram.run(HashValue.self) }), ("GlobalState", { WorldProgram.run(GlobalState.self) }),
            ("StaticState", { WorldProgram.run(StaticState.self) }), ("LazyState", { WorldProgram.run(LazyState.self) }),
            ("AmbientRandom", { WorldProgram.run(AmbientRandom.self) }), ("Prints", { WorldProgram.run(Prints.self) }),
            ("OpensFile", { WorldProgram.run(OpensFile.self) }), ("StartsTask", { WorldProgram.run(StartsTask.self) }),
            ("Sine", { WorldProgram.run(Sine.self) }),
        ]
    }
}
