import NIOCore
import NIOPosix
public import OrgeSchema
import OrgeSession
import OrgeWire

/// A client of an Orge server, for Swift programs: connects, joins a world, runs commands in it and sees what happens.
///
///     let client = try await OrgeClient.connect(port: 9512, as: "ada")
///     let avatar = try await client.join("meadow")
///     let outcome = try await client.call("say", ["text": "hello"])
///     for await happening in client.happenings { … }
///     await client.leave()
///
/// Safe to use from any task. Everything about one connection happens in order on one event loop.
public final class OrgeClient: Sendable {
    private let driver: NIOLoopBound<ClientDriver>
    private let loop: any EventLoop
    /// Updates, events and notices, in order; the oldest are dropped beyond 1,024 unread ones. Ends with the connection.
    public let happenings: AsyncStream<ClientHappening>

    private init(_ driver: NIOLoopBound<ClientDriver>, _ loop: any EventLoop, _ happenings: AsyncStream<ClientHappening>) {
        self.driver = driver
        self.loop = loop
        self.happenings = happenings
    }

    /// Connects over TCP and logs in. The connection stays, even when no reference to the client is left, until ``leave()`` or the server's close.
    /// - Parameters:
    ///   - host: loopback, until servers speak TLS.
    ///   - name: the account: 1...32 characters out of `A-Z a-z 0-9 _ - .`
    ///   - returns: whether a lost connection is made again, with growing pauses for two minutes, and the session goes on: outcomes come that were missed,
    ///     and commands that had not arrived are sent again. ``happenings`` tell of it.
    /// - Throws: ``ClientError`` when no server answers or it closes, with its reason.
    public static func connect(host: String = "127.0.0.1", port: Int = 9512, as name: String, returns: Bool = true) async throws -> OrgeClient {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let (happenings, sink) = AsyncStream.makeStream(of: ClientHappening.self, bufferingPolicy: .bufferingNewest(1_024))
        let driver = try await loop.flatSubmit { () -> EventLoopFuture<NIOLoopBound<ClientDriver>> in
            let driver = NIOLoopBound(ClientDriver(name: name, returns: returns ? ReturnPolicy() : nil, on: loop, sink), eventLoop: loop)
            return driver.value.open(host: host, port: port).map { driver }
        }.get()
        return OrgeClient(driver, loop, happenings)
    }

    /// Names of the worlds that the server has.
    public var worlds: [String] { get async throws { try await ask { $0.succeeded($0.worldNames) } } }

    /// Joins a world as a player.
    /// - Returns: the avatar. The view is complete when this returns.
    public func join(_ world: String) async throws -> Entity { try await ask { $0.join(world) } }

    /// Runs a command by name, its fields as a person would type them (`["to": "2:0.1", "amount": "250"]`), and waits for its outcome.
    ///
    /// Any number of tasks may call at once. The server takes 256 commands without an outcome from a client; calls beyond that wait here, up
    /// to 1,024 of them, and run in the order in which they were made.
    /// - Parameter key: an idempotency key, never used by this account for another command. A world that remembers keys applies the command once,
    ///   however often it is called with this key, also by later clients after a crash of this one; worlds without keys refuse it.
    /// - Throws: ``ClientError`` when there is no such command or field, when too many calls wait, or when the outcome cannot be had: the code says what is
    ///   known (``ClientError/Code/expired``, ``ClientError/Code/tooOld``, ``ClientError/Code/unknown``). A client that gives up (`disconnected`) does not
    ///   know whether the command ran.
    public func call(_ command: String, _ fields: [String: String] = [:], key: IdempotencyKey? = nil) async throws -> ClientOutcome {
        try await ask { $0.call(command, fields, key) }
    }

    /// Sends an intent by its component's name; the latest one counts, and none is answered. When the world's process was away, the latest is sent
    /// again by itself.
    public func steer(_ intent: String, _ fields: [String: String]) async throws { try await ask { $0.steer(intent, fields) } }

    /// Everything in view now, by entity and component.
    public var rows: [ClientRow] { get async throws { try await ask { $0.succeeded($0.rows) } } }

    /// Has the world check this client's view.
    /// - Returns: rows in view, and how many of them are not as the world has them (or are missing).
    public func audit() async throws -> (rows: Int, mismatches: Int) { try await ask { $0.audit() } }

    /// Leaves in order: outcomes still due come first.
    public func leave() async {
        // An end in whatever way is what was wanted.
        _ = try? await ask { $0.leave() }
    }

    private func ask<Answer: Sendable>(_ body: @escaping @Sendable (ClientDriver) -> EventLoopFuture<Answer>) async throws -> Answer {
        let driver = driver
        return try await loop.flatSubmit { body(driver.value) }.get()
    }
}
