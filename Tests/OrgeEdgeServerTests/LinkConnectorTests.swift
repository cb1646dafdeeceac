import Foundation
import NIOCore
import NIOPosix
import OrgeSystem
import Testing

@testable import OrgeEdgeServer

@Suite("Links to hosts") struct LinkConnectorTests {
    /// Drops the link for every message of a host, when the turn is over, as the edge does with a host that refuses it.
    private final class Edge: LinkOwner {
        let loop: any EventLoop
        var connector: LinkConnector?
        var drops = 0

        init(on loop: any EventLoop, folder: String) {
            self.loop = loop
            connector = LinkConnector(index: 0, folder: folder, loop: loop, owner: self)
            connector?.start()
        }

        func linkUp(_ index: Int) {}
        func linkDown(_ index: Int) {}

        func linkReceived(_ index: Int, _ bytes: [UInt8]) {
            let me = NIOLoopBound(self, eventLoop: loop)
            loop.execute {
                me.value.drops += 1
                me.value.connector?.drop("the host refuses")
            }
        }
    }

    @Test("A host that refuses the edge and hangs up is asked again by one connection, not by two")
    func refused() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "orge-link-\(UUID().uuidString)").path
        let listener = try Folder(path, creating: true).listen(on: "link.sock")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let edge = try loop.submit { NIOLoopBound(Edge(on: loop, folder: path), eventLoop: loop) }.wait()

        let refusing = try next(listener)
        try refusing.writeAll([0])
        _ = consume refusing
        let second = try next(listener)
        // Long enough for any other try that was planned.
        try loop.scheduleTask(in: EdgeServerLimits.linkFaultPause + EdgeServerLimits.linkRetry) {}.futureResult.wait()
        switch try listener.accept() {
        case nil: break
        case .some: Issue.record("another connection beside the second")
        }
        #expect(try loop.submit { edge.value.drops }.wait() == 1)
        try group.syncShutdownGracefully()
        withExtendedLifetime(edge) {}
        _ = consume second
    }

    private func next(_ listener: borrowing Listener) throws -> Descriptor {
        _ = waitUntilReady([Awaited(listener.descriptor.number)], timeoutMilliseconds: 60_000)
        guard let connection = try listener.accept() else { throw SystemError("wait for a connection", code: ETIMEDOUT) }
        return connection
    }
}
