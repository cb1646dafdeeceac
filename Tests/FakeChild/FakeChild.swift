import Glibc
import OrgeControl
import OrgeSystem

/// Keeps a child's contract with the supervisor, and breaks it as FAKE_MODE says; a world and an edge in one program.
@main
enum FakeChild {
    static let name = variable("FAKE_NAME") ?? "fake"
    static let mode = variable("FAKE_MODE") ?? ""

    /// Open as long as the process lives.
    static let control = Descriptor(owning: 3)

    static func main() throws {
        switch CommandLine.arguments.dropFirst().first {
        case "describe": describe()
        case "host": try host()
        case "edge": try Edge().run()
        case "bots": try bots()
        default: fail("fake child: what am I? \(CommandLine.arguments)")
        }
    }

    static func describe() {
        switch mode {
        case "no-world": fail("I am no world")
        case "strange": print("hello")
        default: print("\(name) 7")
        }
    }

    static func host() throws {
        let folder = try Folder(argument("--data"))
        if mode == "crash" { fail("the moon is full\nso I crash", code: 3) }
        if mode == "refuse" {
            try control.writeAll(ChildMessage.failed(message: "the journal is damaged").frame())
            exit(1)
        }
        if mode == "nonsense" { try control.writeAll([255, 255, 255, 255]) }
        var tick = try savedTick(folder)
        let number = UInt16(argument("--number")) ?? 0
        let ready = HostReady(name: argument("--name"), version: 7, number: number, schemaHash: 1, incarnation: tick + 1, tick: tick)
        try control.writeAll(ChildMessage.hostReady(ready).frame())
        if mode == "busy" { while true { tick &+= 1 } }
        if mode == "hung" { try hang(folder) }
        while mode == "dying" {
            if try folder.read("die", limit: 100) != nil { exit(9) }
            try reportAlive()
            _ = waitUntilReady([], timeoutMilliseconds: 20)
        }
        if mode == "closing" {
            _ = close(3)
            _ = waitUntilReady([], timeoutMilliseconds: nil)
        }
        print("standard output is shown too")
        try serve(folder, &tick)
    }

    static func serve(_ folder: borrowing Folder, _ tick: inout UInt64) throws {
        let signals = try SignalQueue([SIGTERM])
        try control.setNonBlocking()
        var stream = ControlStream<SupervisorMessage>()
        while try signals.next() == nil {
            if case .bytes(let bytes) = try control.read(atMost: 4_096) { stream.append(bytes) }
            while let message = try stream.next() { print("told \(message)") }
            tick += 1
            try folder.replace("tick", with: Array("\(tick)".utf8))
            let status = HostStatus(
                tick: tick, hash: tick, incarnation: 1, tickP50Nanoseconds: 1_500_000, tickP99Nanoseconds: 2_000_000, tickMaxNanoseconds: 3_000_000, late: 0,
                entities: 42)
            try control.writeAll(ChildMessage.hostStatus(status).frame())
            _ = waitUntilReady([Awaited(signals.descriptor.number)], timeoutMilliseconds: 20)
        }
        try folder.replace("ended", with: Array("in order".utf8))
    }

    static func savedTick(_ folder: borrowing Folder) throws -> UInt64 {
        UInt64(String(decoding: try folder.read("tick", limit: 100) ?? [], as: UTF8.self)) ?? 0
    }

    static func bots() throws {
        print("bots for \(argument("--connect")) in \(argument("--world")): \(argument("--count"))")
        while true {
            try reportAlive()
            _ = waitUntilReady([], timeoutMilliseconds: 100)
        }
    }

    static func reportAlive() throws { try control.writeAll(ChildMessage.alive.frame()) }

    /// Reports no more; in its second life it is well.
    static func hang(_ folder: borrowing Folder) throws {
        if try folder.read("hung", limit: 100) != nil { return }
        try folder.replace("hung", with: [])
        _ = waitUntilReady([], timeoutMilliseconds: nil)
    }

    static func argument(_ name: String) -> String {
        let arguments = CommandLine.arguments
        guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { fail("fake child: no \(name) in \(arguments)") }
        return arguments[index + 1]
    }

    static func fail(_ message: String, code: Int32 = 1) -> Never {
        write(message, to: 2)
        exit(code)
    }

    static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    static func print(_ line: String) { write(line, to: 1) }

    private static func write(_ line: String, to descriptor: Int32) {
        let bytes = Array("\(line)\n".utf8)
        _ = unsafe Glibc.write(descriptor, bytes, bytes.count)
    }
}
