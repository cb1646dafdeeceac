/// One message from a client to the server.
package enum ClientFrame: Equatable, Sendable {
    case hello(Hello)
    case login(name: String)
    case describe(world: String)
    case join(Join)
    case command(Command)
    case intent(Intent)
    /// `clientTime` is any number; the pong returns it.
    case ping(clientTime: UInt64)
    case audit(request: UInt32)
    case leave
    case kill(token: [UInt8])

    package var type: ClientFrameType {
        switch self {
        case .hello: .hello
        case .login: .login
        case .describe: .describe
        case .join: .join
        case .command: .command
        case .intent: .intent
        case .ping: .ping
        case .audit: .audit
        case .leave: .leave
        case .kill: .kill
        }
    }
}

/// What kind of program a client says it is: shown to people; nothing depends on it.
package enum ClientKind: UInt8, CaseIterable, Sendable {
    case player = 1
    case debug
    case monitor
    case bot
    case tool
}

package enum JoinRole: UInt8, CaseIterable, Sendable {
    /// With a session and an avatar.
    case player = 1
    /// Sees the whole world and leaves no trace in it.
    case monitor
}

extension ClientFrame {
    package struct Hello: Equatable, Sendable {
        /// Versions that the client speaks, both included; 1 ≤ oldest ≤ newest.
        package var oldest: UInt16
        package var newest: UInt16
        package var kind: ClientKind
        package var software: String

        package init(oldest: UInt16 = Wire.oldestVersion, newest: UInt16 = Wire.newestVersion, kind: ClientKind, software: String) {
            self.oldest = oldest
            self.newest = newest
            self.kind = kind
            self.software = software
        }
    }

    package struct Join: Equatable, Sendable {
        package var world: String
        package var role: JoinRole
        /// The hash of a schema that the client holds; 0 for none.
        package var knownSchema: UInt64

        package init(world: String, role: JoinRole, knownSchema: UInt64 = 0) {
            self.world = world
            self.role = role
            self.knownSchema = knownSchema
        }
    }

    package struct Command: Equatable, Sendable {
        package var sequence: UInt64
        package var kind: UInt16
        package var payload: [UInt8]

        package init(sequence: UInt64, kind: UInt16, payload: [UInt8]) {
            self.sequence = sequence
            self.kind = kind
            self.payload = payload
        }

        /// Type, sequence and kind: what a command costs of the byte credit beside its payload.
        package static let headBytes = 1 + 8 + 2
        package var frameBytes: Int { Self.headBytes + payload.count }
    }

    package struct Intent: Equatable, Sendable {
        package var kind: UInt16
        package var payload: [UInt8]

        package init(kind: UInt16, payload: [UInt8]) {
            self.kind = kind
            self.payload = payload
        }
    }
}
