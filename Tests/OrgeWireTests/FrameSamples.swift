import OrgeSchema
import OrgeWire

/// Frames drawn from a seed: every type, every field, short and long.
struct FrameSamples {
    var random: RandomSource

    init(seed: UInt64) { random = RandomSource(seed: seed) }

    mutating func bytes(upTo limit: Int) -> [UInt8] { (0..<random.below(limit + 1)).map { _ in UInt8(truncatingIfNeeded: random.next()) } }

    mutating func text(upTo limit: Int) -> String {
        let alphabet = Array("abc XYZ-0.9_é€\u{1F600}\u{0}")
        var text = ""
        for _ in 0..<random.below(limit + 1) {
            let next = alphabet[random.below(alphabet.count)]
            if text.utf8.count + String(next).utf8.count > limit { break }
            text.append(next)
        }
        return text
    }

    mutating func name() -> String {
        let alphabet = Array("abcXYZ-0.9_")
        return String((0..<random.within(1...WireLimits.nameBytes)).map { _ in alphabet[random.below(alphabet.count)] })
    }

    mutating func number() -> UInt64 { random.chance(1, outOf: 4) ? [0, 1, .max, .max - 1][random.below(4)] : random.next() }
    mutating func u8() -> UInt8 { UInt8(truncatingIfNeeded: number()) }
    mutating func u16() -> UInt16 { UInt16(truncatingIfNeeded: number()) }
    mutating func u32() -> UInt32 { UInt32(truncatingIfNeeded: number()) }
    mutating func entity() -> Entity { Entity(raw: number()) }
    mutating func one<Value>(_ values: [Value]) -> Value { values[random.below(values.count)] }

    mutating func extensions() -> WireExtensions {
        let types = (0..<random.below(4)).map { UInt16($0 * 300 + 2) }
        return WireExtensions(types.map { WireExtensions.Entry(type: $0, bytes: bytes(upTo: 20)) })
    }

    mutating func client(_ type: ClientFrameType) -> ClientFrame {
        switch type {
        case .hello:
            let oldest = max(1, u16() / 2)
            let newest = max(Wire.oldestVersion, oldest + u16() / 2)
            return .hello(
                ClientFrame.Hello(
                    oldest: oldest, newest: newest, kind: one(ClientKind.allCases), software: text(upTo: WireLimits.softwareBytes), extensions: extensions()))
        case .login:
            return .login(
                ClientFrame.Login(name: text(upTo: 100), method: text(upTo: WireLimits.methodBytes), credential: bytes(upTo: 50), extensions: extensions()))
        case .describe: return .describe(world: text(upTo: WireLimits.nameBytes))
        case .join:
            let (world, role) = (text(upTo: WireLimits.nameBytes), one(JoinRole.allCases))
            let others = extensions().entries.filter { $0.type != ExtensionType.resume }.prefix(15)
            let known = number()
            guard random.chance(1, outOf: 2) else {
                return .join(ClientFrame.Join(world: world, role: role, knownSchema: known, extensions: WireExtensions(Array(others))))
            }
            let isPlayer = role == .player
            var join = ClientFrame.Join(
                world: world, role: role, knownSchema: known, resume: isPlayer ? resume() : nil, seenTick: isPlayer ? nil : number())
            join.extensions = WireExtensions(others + join.extensions.entries)
            return .join(join)
        case .command:
            let key = random.chance(1, outOf: 2) ? IdempotencyKey(high: number(), low: number()) : nil
            return .command(ClientFrame.Command(sequence: number(), kind: u16(), key: key, payload: bytes(upTo: 64)))
        case .intent: return .intent(ClientFrame.Intent(number: u32(), kind: u16(), payload: bytes(upTo: 64)))
        case .ping: return .ping(clientTime: number())
        case .audit: return .audit(request: u32())
        case .leave: return .leave
        case .kill: return .kill(token: (0..<WireLimits.tokenBytes).map { _ in u8() })
        case .received: return .received(through: number())
        }
    }

    mutating func resume() -> Resume {
        Resume(
            session: number(), ticket: Ticket(high: random.next(), low: random.next()), acknowledged: number(), incarnation: u32(), tick: number(),
            eventsThrough: number(), eventsAfter: u16(), viewTick: number(), updates: u32())
    }

    mutating func resumption() -> Resumption {
        switch random.below(3) {
        case 0: return .unknown
        case 1: return .ended(oldest: number(), through: number())
        default:
            let fork: [Resumption.Resumed.Fork?] = [nil, .unknown, .after(tick: number())]
            return .resumed(.init(isContinued: false, fork: fork[random.below(3)], oldest: number(), lastIntent: u32(), lostEvents: u32()))
        }
    }

    mutating func server(_ type: ServerFrameType) -> ServerFrame {
        switch type {
        case .welcome:
            return .welcome(
                ServerFrame.Welcome(
                    version: u16(), isDevelopment: random.chance(1, outOf: 2), clientFrameBytes: u32(), serverFrameBytes: u32(), idleMilliseconds: u32(),
                    software: text(upTo: WireLimits.softwareBytes), extensions: extensions()))
        case .worlds: return .worlds((0..<random.below(5)).map { _ in world() })
        case .schema: return .schema(hash: number(), document: bytes(upTo: 100))
        case .joined:
            return .joined(
                ServerFrame.Joined(
                    session: number(), avatar: entity(), incarnation: u32(), tick: number(), tickMicroseconds: u32(), firstSequence: number(),
                    credit: Credit(throughSequence: number(), throughByte: number()), role: one(JoinRole.allCases), idBase: entity(),
                    extensions: extensions()))
        case .joinRefused:
            return .joinRefused(
                ServerFrame.JoinRefusal(
                    one(ServerFrame.JoinRefusal.Code.allCases), refusal: u8(), retryAfterMilliseconds: u32(), text(upTo: WireLimits.reasonBytes),
                    extensions: extensions()))
        case .update:
            let (hasMore, isReset, isSized) = (random.chance(1, outOf: 2), random.chance(1, outOf: 2), random.chance(1, outOf: 2))
            let consumed = random.chance(1, outOf: 2) ? u32() : nil
            return .update(
                UpdateFrame(tick: number(), hasMore: hasMore, isReset: isReset, isSized: isSized, consumedIntent: consumed, entries: bytes(upTo: 99)))
        case .outcome: return .outcome(sequence: number(), tick: number(), outcome: bytes(upTo: 40))
        case .event: return .event(tick: number(), kind: u16(), payload: bytes(upTo: 40))
        case .credit: return .credit(Credit(throughSequence: number(), throughByte: number()))
        case .pong: return .pong(ServerFrame.Pong(clientTime: number(), serverMicroseconds: number(), tick: number(), microsecondsIntoTick: u32()))
        case .auditAnswer:
            let rows = (0..<random.below(5)).map { _ in
                AuditRow(entity: entity(), component: u16(), valueHash: number(), isInner: random.chance(1, outOf: 2))
            }
            return .auditAnswer(AuditAnswer(request: u32(), tick: number(), hasMore: random.chance(1, outOf: 2), rows: rows))
        case .notice: return .notice(notice())
        case .recalled: return .recalled(sequence: number(), tick: number(), outcome: bytes(upTo: 40))
        case .close: return .close(Close(code: u16(), retryAfterMilliseconds: u32(), text: text(upTo: WireLimits.reasonBytes)))
        }
    }

    mutating func timelineChange() -> ServerFrame.TimelineChange {
        ServerFrame.TimelineChange(
            forkTick: random.chance(1, outOf: 2) ? random.next() : nil, incarnation: u32(),
            nextSequence: random.chance(1, outOf: 2) ? random.next() : nil)
    }

    mutating func notice() -> ServerFrame.Notice {
        switch random.below(6) {
        case 4: .timelineChanged(timelineChange())
        case 0: .hostAway
        case 1: .hostBack(incarnation: u32(), tick: number())
        case 2: .dilated(permille: u16())
        case 3: .viewed(ticksDue: number())
        default: .stopping(withinMilliseconds: u32(), text: text(upTo: WireLimits.reasonBytes))
        }
    }

    mutating func world() -> WorldEntry {
        WorldEntry(
            name: name(), version: u16(), state: one(WorldEntry.State.allCases), schemaHash: number(), pace: one(PaceKind.allCases),
            tickMicroseconds: u32())
    }
}

/// Decodes type and body, the size already taken off.
func decodeClient(_ frame: [UInt8]) throws(DecodeError) -> ClientFrame {
    var reader = ByteReader(frame)
    return try ClientFrame(decoding: &reader)
}

func decodeServer(_ frame: [UInt8]) throws(DecodeError) -> ServerFrame {
    var reader = ByteReader(frame)
    return try ServerFrame(decoding: &reader)
}
