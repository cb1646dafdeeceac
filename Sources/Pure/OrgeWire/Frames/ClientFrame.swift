package import OrgeSchema

/// One message from a client to the server.
package enum ClientFrame: WireFrame, Equatable, Sendable {
    case hello(Hello)
    case login(Login)
    case describe(world: String)
    case join(Join)
    case command(Command)
    case intent(Intent)
    /// `clientTime` is any number; the pong returns it.
    case ping(clientTime: UInt64)
    case audit(request: UInt32)
    case leave
    case kill(token: [UInt8])
    /// The client has all outcomes through this sequence.
    case received(through: UInt64)
    /// A frame of an unknown type that may be skipped.
    case skipped(type: UInt8)

    package var head: WireFrameHead<ClientFrameType> {
        switch self {
        case .hello: .known(.hello)
        case .login: .known(.login)
        case .describe: .known(.describe)
        case .join: .known(.join)
        case .command: .known(.command)
        case .intent: .known(.intent)
        case .ping: .known(.ping)
        case .audit: .known(.audit)
        case .leave: .known(.leave)
        case .kill: .known(.kill)
        case .received: .known(.received)
        case .skipped(let type): .skipped(type)
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

/// How a login proves its name.
package enum LoginMethod: String, CaseIterable, Sendable {
    /// No proof: any client may use the name. The credential is empty.
    case guest
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
        package var extensions: WireExtensions

        package init(
            oldest: UInt16 = Wire.oldestVersion, newest: UInt16 = Wire.newestVersion, kind: ClientKind, software: String, extensions: WireExtensions = .none
        ) {
            self.oldest = oldest
            self.newest = newest
            self.kind = kind
            self.software = software
            self.extensions = extensions
        }
    }

    package struct Login: Equatable, Sendable {
        package var name: String
        /// How the credential proves the name; a ``LoginMethod`` or a later one.
        package var method: String
        /// Opaque to all but the method.
        package var credential: [UInt8]
        package var extensions: WireExtensions

        package init(name: String, method: String = LoginMethod.guest.rawValue, credential: [UInt8] = [], extensions: WireExtensions = .none) {
            self.name = name
            self.method = method
            self.credential = credential
            self.extensions = extensions
        }
    }

    package struct Join: Equatable, Sendable {
        package var world: String
        package var role: JoinRole
        /// The hash of a schema that the client holds; 0 for none.
        package var knownSchema: UInt64
        package var extensions: WireExtensions

        package init(world: String, role: JoinRole, knownSchema: UInt64 = 0, extensions: WireExtensions = .none) {
            self.world = world
            self.role = role
            self.knownSchema = knownSchema
            self.extensions = extensions
        }
    }

    package struct Command: Equatable, Sendable {
        package var sequence: UInt64
        package var kind: UInt16
        /// A world that remembers keys applies the commands of one account with one key once.
        package var key: IdempotencyKey?
        package var payload: [UInt8]

        package init(sequence: UInt64, kind: UInt16, key: IdempotencyKey? = nil, payload: [UInt8]) {
            self.sequence = sequence
            self.kind = kind
            self.key = key
            self.payload = payload
        }

        /// Type, session, flags, sequence and kind: what a command costs of the byte credit beside its key and payload.
        private static let headBytes = 1 + 1 + 1 + 8 + 2
        package var frameBytes: Int { Self.frameBytes(key: key, payloadBytes: payload.count) }
        /// The size of a command's frame, type and body.
        package static func frameBytes(key: IdempotencyKey?, payloadBytes: Int) -> Int {
            headBytes + (key == nil ? 0 : IdempotencyKey.byteCount) + payloadBytes
        }
    }

    package struct Intent: Equatable, Sendable {
        /// Counts up from 1 over all kinds; updates say which one the world has consumed.
        package var number: UInt32
        package var kind: UInt16
        package var payload: [UInt8]

        package init(number: UInt32, kind: UInt16, payload: [UInt8]) {
            self.number = number
            self.kind = kind
            self.payload = payload
        }
    }
}
