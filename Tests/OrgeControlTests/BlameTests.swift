import OrgeControl
import OrgeSchema
import Testing

@Suite struct BlameTests {
    private static let blames: [Blame] = [
        Blame(
            entry: FlightEntry(phase: .command, tick: 9, source: .session(3), sequence: 5, kind: 2, account: AccountID(raw: 1 << 63 | 4)), cause: .signal(4)),
        Blame(
            entry: FlightEntry(phase: .command, tick: .max, source: .world(WorldSource(world: 12, timeline: 99)), sequence: 5, kind: .max),
            cause: .processorTime(boundNanoseconds: 1_000_000_000)),
        Blame(entry: FlightEntry(phase: .system, tick: 1, system: 3, entity: Entity(raw: 8)), cause: .memory),
        Blame(entry: FlightEntry(phase: .start), cause: .signal(11)),
    ]

    @Test(arguments: blames) func aBlameIsReadFromItsArgument(_ blame: Blame) {
        #expect(Blame(argument: blame.argument) == blame)
        #expect(blame.argument.utf8.count <= 2 * Blame.bytesLimit)
    }

    @Test(arguments: blames) func aCutOrChangedArgumentIsRefusedOrAnother(_ blame: Blame) {
        let text = blame.argument
        for length in 0..<text.utf8.count { #expect(Blame(argument: String(text.prefix(length))) == nil) }
        #expect(Blame(argument: text + "00") == nil)
        #expect(Blame(argument: "zz" + text.dropFirst(2)) == nil)
    }

    @Test func workThatIsNotTheWorldsIsNeverBlamed() {
        for phase in FlightPhase.allCases {
            let argument = Blame(entry: FlightEntry(phase: phase, tick: 1), cause: .memory).argument
            #expect((Blame(argument: argument) != nil) == phase.runsWorldCode)
        }
    }
}
