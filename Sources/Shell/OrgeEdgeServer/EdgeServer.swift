import Glibc
import NIOCore
import NIOPosix
import OrgeControl
import OrgeEdge
import OrgeSession
import OrgeSystem

/// What an edge process is started with; the supervisor's arguments, read.
package struct EdgeServerOptions: Sendable {
    package struct World: Sendable {
        package var name: String
        package var folder: String

        package init(name: String, folder: String) {
            self.name = name
            self.folder = folder
        }
    }

    /// Inherited descriptors: the listening socket, and the control channel.
    package var listener: Int32
    package var control: Int32
    /// Names this process to the hosts.
    package var edgeID: UInt64
    package var worlds: [World]
    package var clientLimit: Int
    package var unauthenticatedLimit: Int
    package var software: String
    /// Sixteen bytes in development mode.
    package var developmentToken: [UInt8]?

    package init(
        listener: Int32, control: Int32, edgeID: UInt64, worlds: [World], clientLimit: Int, unauthenticatedLimit: Int, software: String,
        developmentToken: [UInt8]?
    ) {
        self.listener = listener
        self.control = control
        self.edgeID = edgeID
        self.worlds = worlds
        self.clientLimit = clientLimit
        self.unauthenticatedLimit = unauthenticatedLimit
        self.software = software
        self.developmentToken = developmentToken
    }
}

/// What ended an edge that was not told to stop.
package struct EdgeServerFailure: Error, CustomStringConvertible {
    package var description: String
}

/// The edge's shell: one event loop, one listening socket for frames, WebSockets and the page.
package enum EdgeServer {
    /// Serves until told to stop.
    package static func run(_ options: EdgeServerOptions) throws {
        // Before any thread exists, so that none of them receives the signals.
        let signals = try SignalQueue([SIGTERM, SIGINT])
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let ended = loop.makePromise(of: Void.self)
        let stop = loop.makePromise(of: Void.self)
        let wake = try Ends.pipe()
        let wakeEnd = wake.second.number
        ended.futureResult.whenComplete { _ in close(wakeEnd) }
        loop.execute { serve(options, loop, stop: stop.futureResult, ended) }
        waitForSignal(signals, orEndOf: wake.first.number)
        stop.succeed()
        try ended.futureResult.wait()
    }

    /// Returns when told to stop, or when the serving has ended by itself.
    private static func waitForSignal(_ signals: borrowing SignalQueue, orEndOf wake: Int32) {
        while !waitUntilReady([Awaited(signals.descriptor.number), Awaited(wake)], timeoutMilliseconds: nil).contains(true) {}
    }

    private static func serve(_ options: EdgeServerOptions, _ loop: any EventLoop, stop: EventLoopFuture<Void>, _ ended: EventLoopPromise<Void>) {
        var configuration = EdgeConfiguration(
            edgeID: options.edgeID, clientLimit: options.clientLimit, worlds: options.worlds.map(\.name),
            session: ServerSession.Configuration(software: options.software, developmentToken: options.developmentToken),
            ticketSecret: (0..<32).map { _ in UInt8.random(in: 0...255) })
        configuration.asksForSlots = true
        configuration.connectionLimit = connectionLimit(options)
        configuration.unauthenticatedLimit = options.unauthenticatedLimit
        let shell = EdgeShell(configuration, on: loop) { why in
            if let why { ended.fail(EdgeServerFailure(description: why)) } else { ended.succeed() }
        }
        let supervisor = SupervisorChannel(listener: shell)
        let links = options.worlds.enumerated().map { LinkConnector(index: $0.offset, folder: $0.element.folder, loop: loop, owner: shell) }
        let bound = NIOLoopBound((shell, supervisor, links), eventLoop: loop)
        supervisor.open(descriptor: options.control, on: loop)
            .flatMap { listen(options.listener, bound.value.0, loop) }
            .whenComplete { result in
                let (shell, supervisor, links) = bound.value
                switch result {
                case .failure(let error): ended.fail(error)
                case .success(let address):
                    shell.start(links: links, supervisor: supervisor, address: "\(address?.ipAddress ?? ""):\(address?.port ?? 0)")
                    stop.whenSuccess { bound.value.0.stop() }
                }
            }
    }

    /// As many as can come to something, and no more than descriptors are left for.
    private static func connectionLimit(_ options: EdgeServerOptions) -> Int {
        let wanted = options.clientLimit + options.unauthenticatedLimit + EdgeServerLimits.closingConnections
        let left = descriptorLimit() - EdgeServerLimits.reservedDescriptors(worlds: options.worlds.count)
        if left < options.clientLimit + options.unauthenticatedLimit {
            printError("edge: descriptors are left for \(max(1, left)) connections, not for \(options.clientLimit) clients; raise the limit (ulimit -n)")
        }
        return max(1, min(wanted, left))
    }

    private static func listen(_ descriptor: Int32, _ shell: EdgeShell, _ loop: any EventLoop) -> EventLoopFuture<SocketAddress?> {
        let bound = NIOLoopBound(shell, eventLoop: loop)
        return ServerBootstrap(group: loop)
            .serverChannelOption(.maxMessagesPerRead, value: EdgeServerLimits.acceptsPerTurn)
            .serverChannelInitializer { server in
                server.eventLoop.makeCompletedFuture { try server.pipeline.syncOperations.addHandler(AcceptPause()) }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.tcpOption(.init(rawValue: CInt(TCP_NOTSENT_LOWAT))), value: EdgeServerLimits.unsentBytes)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 256, initial: 1024, maximum: 64 * 1024))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let connection = bound.value.opened(channel) else { return channel.close(promise: nil) }
                    try channel.pipeline.syncOperations.addHandler(FirstBytesHandler(shell: bound.value, connection: connection))
                }
            }
            .withBoundSocket(descriptor)
            .map { server in
                // NIO has made it 128 for a socket that listens already, whatever the option says.
                _ = Glibc.listen(descriptor, EdgeServerLimits.backlog)
                // On the loop, before the first connection can be accepted.
                bound.value.origin = Origin(port: server.localAddress?.port ?? 0, address: server.localAddress?.ipAddress)
                return server.localAddress
            }
    }
}
