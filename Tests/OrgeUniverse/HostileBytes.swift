import OrgeSchema
import OrgeWire

/// What an attack sends.
struct HostileBytes {
    private(set) var frames: [[UInt8]] = []
    private let next: UInt64
    private let folder: WorldFolder
    private let session: UInt64
    private let judge: Judge

    init(_ attack: Attack, _ random: inout RandomSource, _ next: UInt64, _ folder: WorldFolder, _ session: UInt64, _ judge: Judge) {
        self.next = next
        self.folder = folder
        self.session = session
        self.judge = judge
        switch attack.stage {
        case .connected: connected(attack, &random)
        case .greeted: greeted(attack)
        case .joined, .watching: joined(attack, &random)
        }
    }

    private mutating func raw(_ body: [UInt8]) {
        frames.append([0, 0, UInt8(body.count >> 8), UInt8(truncatingIfNeeded: body.count)] + body)
    }

    private mutating func frame(_ frame: ClientFrame) {
        var writer = ByteWriter()
        frame.encode(to: &writer)
        frames.append(writer.take())
    }

    private mutating func connected(_ attack: Attack, _ random: inout RandomSource) {
        switch attack {
        case .noise: frames = [(0..<1 + random.below(200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }]
        case .wrongMagic: raw([1, 0x4f, 0x52, 0x47, 0x46, 0, 1, 0, 1, 2, 0, 0])
        case .tooLarge: frames = [[0, 1, 0, 0, 1, 2, 3]]
        case .empty: frames = [[0, 0, 0, 0]]
        case .unknownType: raw([0x55, 1, 2, 3])
        case .loginFirst: frame(.login(ClientFrame.Login(name: "mallory")))
        case .otherVersion: raw([1, 0x4f, 0x52, 0x47, 0x45, 0, 7, 0, 9, 2, 0, 0, 0])
        case .halfAFrame: frames = [[0, 0, 0, 20, 1, 0x4f, 0x52]]
        case .http: frames = [Array("GET / HTTP/1.1\r\n\r\n".utf8)]
        default: break
        }
    }

    private mutating func greeted(_ attack: Attack) {
        switch attack {
        case .badName: frame(.login(ClientFrame.Login(name: "a bc")))
        case .longName: frame(.login(ClientFrame.Login(name: String(repeating: "a", count: 40))))
        case .trailing: raw(ClientFrame.login(ClientFrame.Login(name: "a")).encoded.dropFirst(4) + [0])
        case .commandEarly: frame(.command(.init(sequence: 1, kind: 0, payload: [])))
        case .helloTwice: frame(.hello(.init(kind: .debug, software: "")))
        case .joinEarly: frame(.join(.init(world: folder.world.name, role: .player)))
        default: break
        }
    }

    /// A command that the world would run, made known to the judge since it may.
    private mutating func goodCommand(_ sequence: UInt64, _ random: inout RandomSource) {
        var generator = CommandGenerator(schema: folder.world.schema, seed: random.next())
        guard let (kind, payload) = generator.command() else { return }
        judge.sending(session, sequence, kind, payload, isCounted: false)
        frame(.command(.init(sequence: sequence, kind: kind, payload: payload)))
    }

    private mutating func badCommand(_ sequence: UInt64, kind: UInt16 = 0, _ change: ([UInt8]) -> [UInt8] = { $0 }) {
        var generator = CommandGenerator(schema: folder.world.schema, seed: 7)
        frame(.command(.init(sequence: sequence, kind: kind, payload: change(generator.row(folder.world.schema.commands[0].row)))))
    }

    /// As many in a row as close the connection.
    private mutating func malformedCommands(kind: UInt16 = 0, _ change: ([UInt8]) -> [UInt8] = { $0 }) {
        for sequence in next..<next + 3 { badCommand(sequence, kind: kind, change) }
    }

    private mutating func joined(_ attack: Attack, _ random: inout RandomSource) {
        switch attack {
        case .repeatedSequence:
            goodCommand(next, &random)
            badCommand(next)
        case .skippedSequence: badCommand(next + 1 + UInt64(random.below(300)))
        case .sequenceZero: badCommand(0)
        case .overCredit:
            for sequence in next..<next + 2_000 { goodCommand(sequence, &random) }
            // At once, so that no outcome raises the credit on the way.
            frames = [Array(frames.joined())]
        case .unknownCommand: malformedCommands(kind: 99)
        case .unknownIntent: frame(.intent(.init(number: 1, kind: 77, payload: [])))
        case .truncatedPayload: malformedCommands { Array($0.dropLast()) }
        case .longPayload: malformedCommands { $0 + [0] }
        case .badText: badText()
        case .wrongToken: frame(.kill(token: [UInt8](repeating: 9, count: 16)))
        case .pingFlood: for _ in 0..<80 { frame(.ping(clientTime: 1)) }
        case .auditFlood: for request in 0..<8 { frame(.audit(request: UInt32(request))) }
        case .monitorCommands: badCommand(1)
        case .garbageInside: raw([UInt8(6 + random.below(90))] + (0..<60 + random.below(60)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        case .joinTwice: frame(.join(.init(world: folder.world.name, role: .player)))
        default: break
        }
    }

    /// A text that is none, where the world has texts; otherwise a payload of another length.
    private mutating func badText() {
        let hasText = folder.world.name == "meadow"
        malformedCommands { hasText ? [0, 2, 0xc3, 0x28] : Array($0.dropLast(3)) }
    }
}
