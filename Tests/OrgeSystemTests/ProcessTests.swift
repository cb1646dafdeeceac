import Foundation
import Glibc
import OrgeSystem
import Testing

@Suite("Processes") struct ProcessTests {
    /// Runs a program to its end and returns what it printed.
    func run(_ path: String, _ arguments: [String] = [], inherited: [Int32] = []) throws -> (end: ProcessEnd, output: String) {
        let printed = try Ends.pipe()
        let lifeline = try Lifeline()
        var launch = Launch(
            path: path, arguments: [path] + arguments, environment: ["PATH=/usr/bin:/bin", "MARK=here"], standardOutput: printed.second.number,
            standardError: printed.second.number)
        launch.inherited = inherited
        let child = try launch.start(lifeline: lifeline, at: inherited.count)
        let output = printed.keepFirst()
        var bytes: [UInt8] = []
        while case .bytes(let part) = try output.read(atMost: 4_096) { bytes += part }
        _ = waitUntilReady([Awaited(child.descriptor.number)], timeoutMilliseconds: nil)
        return (try #require(try child.reap()), String(decoding: bytes, as: UTF8.self))
    }

    @Test("A child's end is its exit code or the signal that ended it")
    func ends() throws {
        #expect(try run("/bin/sh", ["-c", "exit 42"]).end == .exited(code: 42))
        #expect(try run("/bin/sh", ["-c", "kill -ILL $$"]).end == .killed(signal: SIGILL))
    }

    @Test("A program that is not there, or is none, is an error with the path, and leaves no child")
    func missingProgram() throws {
        #expect(throws: SystemError("start /nowhere/at-all", code: ENOENT)) { try run("/nowhere/at-all") }
        #expect(throws: SystemError("start /etc/passwd", code: EACCES)) { try run("/etc/passwd") }
    }

    @Test("A child has the descriptors it was given, in their places, whatever numbers they had, and no other")
    func descriptors() throws {
        let pair = try Ends.pipe()
        let more = try Ends.pipe()
        // Not close-on-exec, as a careless library would leave it.
        let careless = dup(pair.first.number)
        defer { close(careless) }
        // Sources that stand where others go: 3 and 4 are always taken in this process.
        let given: [Int32] = [more.second.number, pair.second.number, 4, 3]
        let output = try run("/bin/sh", ["-c", "for n in /proc/self/fd/*; do readlink $n; done; ls /proc/$$/fd"], inherited: given).output
        let numbers = output.split(separator: "\n").suffix(8).map(String.init)
        #expect(numbers == ["0", "1", "2", "3", "4", "5", "6", "7"], "\(output)")
    }

    @Test("A child blocks and ignores no signal, whatever its parent does, and leads a group of its own")
    func signals() throws {
        signal(SIGPIPE, SIG_IGN)
        let queue = try SignalQueue([SIGUSR2])
        let status = try run("/bin/sh", ["-c", "ps -o pgid= -p $$ | tr -d ' '; echo $$; exec grep Sig /proc/self/status"]).output
        #expect(status.contains("SigBlk:\t0000000000000000") && status.contains("SigIgn:\t0000000000000000"), "\(status)")
        let first = status.split(separator: "\n").prefix(2)
        #expect(first.first == first.last)
        _ = consume queue
    }

    @Test("The end of the lifeline ends a child that does nothing but work, and one that was started too late")
    func lifeline() throws {
        let null = try Descriptor.null()
        let lifeline = try Lifeline()
        let launch = Launch(
            path: "/bin/sh", arguments: ["sh", "-c", "while :; do :; done"], environment: [], standardOutput: null.number, standardError: null.number)
        let child = try launch.start(lifeline: lifeline, at: 0)
        #expect(try child.reap() == nil)
        _ = lifeline.keep()
        _ = waitUntilReady([Awaited(child.descriptor.number)], timeoutMilliseconds: 30_000)
        #expect(try child.reap() == .killed(signal: SIGKILL))
    }

    @Test("A process can be measured while it lives")
    func usage() throws {
        let usage = try OrgeSystem.usage(ofProcess: getpid())
        #expect(usage.residentBytes > 1_000_000 && usage.processorNanoseconds > 1_000_000)
        #expect(throws: SystemError.self) { try OrgeSystem.usage(ofProcess: Int32.max) }
    }

    @Test("A signal comes once through the queue")
    func signalQueue() throws {
        let queue = try SignalQueue([SIGURG])
        #expect(try queue.next() == nil)
        // To this thread: others of the test process do not block it.
        #expect(pthread_kill(pthread_self(), SIGURG) == 0)
        #expect(try queue.next() == SIGURG)
        #expect(try queue.next() == nil)
    }
}
