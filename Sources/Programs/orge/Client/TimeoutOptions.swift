import ArgumentParser
import NIOCore

/// How long a command waits for a server that is there and says nothing.
struct TimeoutOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How long to wait for the server's answer, 0.1 to 3600.", valueName: "s"))
    var timeout: Double = 30

    func validate() throws {
        if !(0.1...3_600).contains(timeout) { throw ValidationError("--timeout must be from 0.1 to 3600.") }
    }

    var amount: TimeAmount { .milliseconds(Int64(timeout * 1_000)) }
}
