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
}
