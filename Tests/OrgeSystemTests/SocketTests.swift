import Foundation
import Glibc
import OrgeSystem
import Testing

@Suite("Sockets, folders and outputs") struct SocketTests {
    /// A fresh folder whose path is longer than a socket's may be.
    func freshPath() -> String {
        FileManager.default.temporaryDirectory.appending(path: "orge-system-\(UUID().uuidString)" + String(repeating: "/a-long-name-of-a-folder", count: 6))
            .path
    }

    func isSomeone(_ connection: consuming Descriptor?) -> Bool {
        switch connection {
        case .some: true
        case .none: false
        }
    }

    @Test("What a folder takes on the disk is what its files were given, in the folders below it too")
    func usage() throws {
        let path = freshPath()
        let folder = try Folder(path, creating: true)
        let empty = try folder.allocatedBytes()
        let below = try folder.folder("below")
        try below.replace("file", with: [UInt8](repeating: 7, count: 1_000_000))
        let one = try folder.allocatedBytes()
        #expect((1_000_000...1_200_000).contains(one - empty))
        // Room that is taken before anything is written counts: the disk has lost it.
        let number = unsafe open("\(path)/below/room", O_RDWR | O_CREAT, 0o600)
        #expect(posix_fallocate(number, 0, 3_000_000) == 0)
        close(number)
        #expect((3_000_000...3_200_000).contains(try folder.allocatedBytes() - one))
        #expect(throws: SystemError.self) { try folder.allocatedBytes(depth: 1) }
    }

    @Test("A Unix socket below a long path carries bytes both ways, has mode 0600, and tells who connected")
    func unixSocket() throws {
        let path = freshPath()
        let folder = try Folder(path, creating: true)
        let listener = try folder.listen(on: "link.sock")
        let mode = try FileManager.default.attributesOfItem(atPath: "\(path)/link.sock")[.posixPermissions]
        #expect(mode as? Int == 0o600)
        #expect(try !isSomeone(listener.accept()))
        let client = try folder.connect(to: "link.sock")
        guard let server = try listener.accept() else {
            Issue.record("no connection to accept")
            return
        }
        let peer = try server.peer()
        #expect(peer.user == geteuid() && peer.pid == getpid())
        try client.writeAll([1, 2, 3])
        #expect(try server.read(atMost: 10) == .bytes([1, 2, 3]))
        #expect(try server.read(atMost: 10) == .nothingYet)
        _ = consume client
        #expect(try server.read(atMost: 10) == .end)
    }

    @Test("A new listener replaces the socket file of one that died; without a listener connecting fails")
    func staleSocket() throws {
        let folder = try Folder(freshPath(), creating: true)
        #expect(throws: SystemError.self) { _ = try folder.connect(to: "link.sock") }
        _ = try folder.listen(on: "link.sock")
        do {
            _ = try folder.connect(to: "link.sock")
            Issue.record("connected without a listener")
        } catch {
            #expect(error.isRefused)
        }
        let listener = try folder.listen(on: "link.sock")
        _ = try folder.connect(to: "link.sock")
        #expect(try isSomeone(listener.accept()))
    }

    @Test("Listening on TCP works on loopback addresses only", arguments: ["0.0.0.0", "10.0.0.1", "::", "2001:db8::1", "localhost", ""])
    func onlyLoopback(address: String) {
        #expect(throws: SystemError.self) { _ = try Listener.loopback(address, port: 0) }
    }

    @Test("Port 0 takes a free one and says which")
    func anyPort() throws {
        let first = try Listener.loopback("127.0.0.1", port: 0)
        let second = try Listener.loopback("127.0.0.1", port: 0)
        #expect(first.port != 0 && second.port != 0 && first.port != second.port)
    }

    @Test("A folder is locked by one at a time")
    func lock() throws {
        let path = freshPath()
        let first = try Folder(path, creating: true)
        #expect(try first.lock())
        let second = try Folder(path)
        #expect(try !second.lock())
        _ = consume first
        #expect(try second.lock())
    }

    @Test("Several sockets listen on one port; it is taken to every other program, one that shares included")
    func sharedPort() throws {
        let sockets = try Listener.loopback("127.0.0.1", port: 0, count: 3)
        let port = sockets[0].listener.port
        #expect(sockets.allSatisfy { $0.listener.port == port && port > 0 })
        #expect(throws: SystemError.self) { _ = try Listener.loopback("127.0.0.1", port: port) }
        #expect(throws: SystemError.self) { _ = try Listener.loopback("127.0.0.1", port: port, count: 2) }
        let alone = try Listener.loopback("127.0.0.1", port: 0)
        #expect(throws: SystemError.self) { _ = try Listener.loopback("127.0.0.1", port: alone.port, count: 2) }
    }

    @Test("A file is replaced whole; one that is missing is nil; one over the limit is an error")
    func files() throws {
        let folder = try Folder(freshPath(), creating: true)
        #expect(try folder.read("a", limit: 10) == nil)
        try folder.replace("a", with: Array("one".utf8))
        try folder.replace("a", with: Array("three".utf8))
        #expect(try folder.read("a", limit: 5) == Array("three".utf8))
        #expect(throws: SystemError.self) { try folder.read("a", limit: 4) }
        try folder.remove("a")
        try folder.remove("a")
        #expect(try folder.read("a", limit: 10) == nil)
        let mode = try FileManager.default.attributesOfItem(atPath: folder.path)[.posixPermissions]
        #expect(mode as? Int == 0o700)
    }

    @Test("Output to a pipe without a reader never waits, and continues when the pipe is read")
    func fullPipe() throws {
        let pipe = try Ends.pipe()
        let output = try Descriptor.output(pipe.second.number)
        var written = 0
        while case let count = try output.writeNow([UInt8](repeating: 7, count: 5_000)[...]), count > 0 { written += count }
        #expect(written >= 4_096)
        #expect(try output.writeNow([1]) == 0)
        guard case .bytes(let bytes) = try pipe.first.read(atMost: 1_000_000) else { return }
        #expect(bytes.count == written)
        #expect(try output.writeNow([1]) == 1)
    }

    @Test("A reader that has gone is an error, not a signal")
    func brokenPipe() throws {
        signal(SIGPIPE, SIG_IGN)
        let pipe = try Ends.pipe()
        let output = try Descriptor.output(pipe.second.number)
        _ = pipe.keepFirst()
        #expect(throws: SystemError("write", code: EPIPE)) { try output.writeNow([1]) }
        let channel = try Ends.channel()
        let end = channel.keepFirst()
        #expect(throws: SystemError("write", code: EPIPE)) { try end.writeNow([1]) }
    }
}
