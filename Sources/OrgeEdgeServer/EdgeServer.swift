import NIOCore
import NIOPosix
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
    package var worlds: [World]
    package var clientLimit: Int
    package var software: String
    /// Sixteen bytes in development mode.
    package var developmentToken: [UInt8]?

    package init(listener: Int32, control: Int32, worlds: [World], clientLimit: Int, software: String, developmentToken: [UInt8]?) {
        self.listener = listener
        self.control = control
        self.worlds = worlds
        self.clientLimit = clientLimit
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
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let ended = loop.makePromise(of: Void.self)
        loop.execute {
            do { try serve(options, loop, ended) } catch { ended.fail(error) }
        }
        try ended.futureResult.wait()
    }

    private static func serve(_ options: EdgeServerOptions, _ loop: any EventLoop, _ ended: EventLoopPromise<Void>) throws {
        let address = try localAddress(of: options.listener)
        let configuration = EdgeConfiguration(
            edgeID: UInt64.random(in: 1...UInt64.max), clientLimit: options.clientLimit, worlds: options.worlds.map(\.name),
            session: ServerSession.Configuration(software: options.software, developmentToken: options.developmentToken))
        let shell = EdgeShell(configuration, port: address.port ?? 0, on: loop) { why in
            if let why { ended.fail(EdgeServerFailure(description: why)) } else { ended.succeed() }
        }
        let supervisor = SupervisorChannel(shell: shell)
        let links = options.worlds.enumerated().map { LinkConnector(index: $0.offset, folder: $0.element.folder, loop: loop, shell: shell) }
        let bound = NIOLoopBound((shell, supervisor, links), eventLoop: loop)
        supervisor.open(descriptor: options.control, on: loop)
            .flatMap { listen(options.listener, bound.value.0, loop) }
            .whenComplete { result in
                let (shell, supervisor, links) = bound.value
                switch result {
                case .failure(let error): ended.fail(error)
                case .success:
                    shell.start(links: links, supervisor: supervisor)
                    supervisor.send(.edgeReady(address: "\(address.ipAddress ?? "127.0.0.1"):\(address.port ?? 0)"))
                    stopOnSignal(shell, loop)
                }
            }
    }

    private static func listen(_ descriptor: Int32, _ shell: EdgeShell, _ loop: any EventLoop) -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(shell, eventLoop: loop)
        return ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: EdgeServerLimits.backlog)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 256, initial: 1024, maximum: 64 * 1024))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let connection = bound.value.opened(channel, carrier: .tcp) else { return channel.close(promise: nil) }
                    try channel.pipeline.syncOperations.addHandler(FirstBytesHandler(shell: bound.value, connection: connection))
                }
            }
            .withBoundSocket(descriptor)
            .map { _ in }
    }

    /// The address that a socket is bound to.
    private static func localAddress(of descriptor: Int32) throws -> SocketAddress {
        try unsafe boundAddress(of: descriptor)
    }

    /// SIGTERM is the orderly end.
    private static func stopOnSignal(_ shell: EdgeShell, _ loop: any EventLoop) {
        let bound = NIOLoopBound(shell, eventLoop: loop)
        terminationSignal { loop.execute { bound.value.stop() } }
    }
}
