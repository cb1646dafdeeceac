import OrgeControl
import Testing

@testable import OrgeHostProcess

@Suite("Arguments of a world's executable")
struct ArgumentsTests {
    private func host(_ words: String...) throws -> HostOptions? {
        var arguments = Arguments(["world", "host", "--data", "d", "--number", "3"] + words)
        if case .host(let options) = try arguments.mode() { return options }
        return nil
    }

    @Test("What an operator sets reaches the host; without it the defaults hold")
    func tuning() throws {
        var expected = HostOptions()
        (expected.folder, expected.number) = ("d", 3)
        #expect(try host() == expected)
        #expect(expected.lingerSeconds == 5 && expected.imagePoolBytes == nil && expected.keepsHistory)
        (expected.lingerSeconds, expected.imagePoolBytes, expected.keepsHistory) = (0, 1 << 40, false)
        #expect(try host("--linger-seconds", "0", "--image-pool-bytes", "1099511627776", "--forget-history") == expected)
    }

    @Test(
        "A value out of range is refused, with flag and range",
        arguments: [("--linger-seconds", HostTuning.lingerSeconds), ("--image-pool-bytes", HostTuning.imagePoolBytes)])
    func ranges(flag: String, range: ClosedRange<Int>) throws {
        for number in [range.lowerBound - 1, range.upperBound + 1, .max] {
            let failure = try #require(throws: ProgramFailure.self) { try host(flag, "\(number)") }
            #expect(failure.message == "\(flag): \(number) is not in \(range)" && failure.code == 2)
        }
        #expect(throws: ProgramFailure.self) { try host(flag, "many") }
        #expect(throws: ProgramFailure.self) { try host(flag) }
    }

    @Test("A run with generated commands takes its seed, what it leaves out, and where orge check listens")
    func fast() throws {
        func mode(_ words: String...) throws -> ProgramMode {
            var arguments = Arguments(["world"] + words)
            return try arguments.mode()
        }
        #expect(try mode("--fast", "20") == .fast(FastOptions(ticks: 20)))
        let options = FastOptions(ticks: 20, seed: 7, drawsBoundaries: true, without: ["say", "add"], trace: 5, flight: 4, run: 9)
        #expect(
            try mode(
                "--fast", "20", "--script", "7", "--boundaries", "--without", "say", "--without", "add", "--trace-fd", "5", "--flight-fd", "4", "--flight-run",
                "9") == .fast(options))
        #expect(try mode("--check") == .check(isJSON: false))
        #expect(try mode("--check", "--json") == .check(isJSON: true))
        for words in [["--check", "all"], ["--fast", "1", "--without"], ["--fast", "-1"]] {
            var arguments = Arguments(["world"] + words)
            #expect(throws: ProgramFailure.self) { try arguments.mode() }
        }
    }
}
