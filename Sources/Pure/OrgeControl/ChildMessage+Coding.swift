package import OrgeSchema

extension ChildMessage: ControlMessage {
    private enum Kind: UInt8 {
        case hostReady = 1
        case hostStatus = 2
        case failed = 3
        case edgeReady = 4
        case edgeStatus = 5
        case killWorld = 6
        case slotsNeeded = 7
        case slotsReturned = 8
        case alive = 9
        case inStorage = 10
        case noRoom = 11
        case storageFailed = 12
        case stopped = 13
        case fenced = 14
        case lifted = 15
    }

    package func frame() -> [UInt8] {
        switch self {
        case .hostReady(let report): ControlFrame.framed(type: Kind.hostReady.rawValue) { report.encode(to: &$0) }
        case .hostStatus(let report): ControlFrame.framed(type: Kind.hostStatus.rawValue) { report.encode(to: &$0) }
        case .failed(let message): ControlFrame.framed(type: Kind.failed.rawValue) { $0.failure(message) }
        case .noRoom(let message): ControlFrame.framed(type: Kind.noRoom.rawValue) { $0.failure(message) }
        case .stopped(let message): ControlFrame.framed(type: Kind.stopped.rawValue) { $0.failure(message) }
        case .fenced(let message): ControlFrame.framed(type: Kind.fenced.rawValue) { $0.failure(message) }
        case .storageFailed(let message): ControlFrame.framed(type: Kind.storageFailed.rawValue) { $0.failure(message) }
        case .edgeReady(let address): ControlFrame.framed(type: Kind.edgeReady.rawValue) { $0.name(address) }
        case .edgeStatus(let report): ControlFrame.framed(type: Kind.edgeStatus.rawValue) { report.encode(to: &$0) }
        case .killWorld(let name): ControlFrame.framed(type: Kind.killWorld.rawValue) { $0.name(name) }
        case .slotsNeeded(let count): ControlFrame.framed(type: Kind.slotsNeeded.rawValue) { $0.u32(count) }
        case .slotsReturned(let count): ControlFrame.framed(type: Kind.slotsReturned.rawValue) { $0.u32(count) }
        case .lifted(let request, let answer):
            ControlFrame.framed(type: Kind.lifted.rawValue) {
                $0.u32(request)
                answer.encode(to: &$0)
            }
        case .alive: ControlFrame.framed(type: Kind.alive.rawValue) { _ in }
        case .inStorage: ControlFrame.framed(type: Kind.inStorage.rawValue) { _ in }
        }
    }

    package static func decode(type: UInt8, _ reader: inout ByteReader) throws(DecodeError) -> ChildMessage {
        switch Kind(rawValue: type) {
        case .hostReady: .hostReady(try HostReady(&reader))
        case .hostStatus: .hostStatus(try HostStatus(&reader))
        case .failed: .failed(message: try reader.failure())
        case .noRoom: .noRoom(message: try reader.failure())
        case .stopped: .stopped(message: try reader.failure())
        case .fenced: .fenced(message: try reader.failure())
        case .storageFailed: .storageFailed(message: try reader.failure())
        case .edgeReady: .edgeReady(address: try reader.name())
        case .edgeStatus: .edgeStatus(try EdgeStatus(&reader))
        case .killWorld: .killWorld(name: try reader.name())
        case .slotsNeeded: .slotsNeeded(count: try reader.u32())
        case .slotsReturned: .slotsReturned(count: try reader.u32())
        case .lifted: .lifted(request: try reader.u32(), try LiftAnswer(&reader))
        case .alive: .alive
        case .inStorage: .inStorage
        case nil: throw DecodeError(.unknown(what: "message of a child", value: UInt64(type)), at: reader.offset - 1)
        }
    }
}

extension SupervisorMessage: ControlMessage {
    private enum Kind: UInt8 {
        case stopping = 129
        case worldFailed = 130
        case slots = 131
        case recallSlots = 132
        case edges = 133
        case worldSilent = 134
        case worldResponds = 135
        case lift = 136
    }

    package func frame() -> [UInt8] {
        switch self {
        case .stopping: ControlFrame.framed(type: Kind.stopping.rawValue) { _ in }
        case .worldFailed(let name): ControlFrame.framed(type: Kind.worldFailed.rawValue) { $0.name(name) }
        case .slots(let count): ControlFrame.framed(type: Kind.slots.rawValue) { $0.u32(count) }
        case .recallSlots(let count): ControlFrame.framed(type: Kind.recallSlots.rawValue) { $0.u32(count) }
        case .edges(let roster): ControlFrame.framed(type: Kind.edges.rawValue) { roster.encode(to: &$0) }
        case .worldSilent(let name): ControlFrame.framed(type: Kind.worldSilent.rawValue) { $0.name(name) }
        case .worldResponds(let name): ControlFrame.framed(type: Kind.worldResponds.rawValue) { $0.name(name) }
        case .lift(let request, let target):
            ControlFrame.framed(type: Kind.lift.rawValue) {
                $0.u32(request)
                target.encode(to: &$0)
            }
        }
    }

    package static func decode(type: UInt8, _ reader: inout ByteReader) throws(DecodeError) -> SupervisorMessage {
        switch Kind(rawValue: type) {
        case .stopping: .stopping
        case .worldFailed: .worldFailed(name: try reader.name())
        case .slots: .slots(count: try reader.u32())
        case .recallSlots: .recallSlots(count: try reader.u32())
        case .edges: .edges(try EdgeRoster(&reader))
        case .worldSilent: .worldSilent(name: try reader.name())
        case .worldResponds: .worldResponds(name: try reader.name())
        case .lift: .lift(request: try reader.u32(), try LiftTarget(&reader))
        case nil: throw DecodeError(.unknown(what: "message of a supervisor", value: UInt64(type)), at: reader.offset - 1)
        }
    }
}

extension ByteWriter {
    mutating func name(_ text: String) { shortText(text.cut(toBytes: ControlFrame.nameBytesLimit)) }
    mutating func failure(_ text: String) { shortText(text.cut(toBytes: ControlFrame.failureBytesLimit)) }
}

extension ByteReader {
    mutating func name() throws(DecodeError) -> String { try shortText(limit: ControlFrame.nameBytesLimit) }
    mutating func failure() throws(DecodeError) -> String { try shortText(limit: ControlFrame.failureBytesLimit) }
}

// Fields in the order of their declaration.

extension HostReady {
    func encode(to writer: inout ByteWriter) {
        writer.name(name)
        writer.u16(version)
        writer.u16(number)
        writer.u64(schemaHash)
        writer.u64(incarnation)
        writer.u64(tick)
        writer.u64(droppedBytes)
        writer.u64(droppedTick)
    }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        name = try reader.name()
        version = try reader.u16()
        number = try reader.u16()
        schemaHash = try reader.u64()
        incarnation = try reader.u64()
        tick = try reader.u64()
        droppedBytes = try reader.u64()
        droppedTick = try reader.u64()
    }
}

extension HostStatus {
    func encode(to writer: inout ByteWriter) {
        writer.u64(tick)
        writer.u64(hash)
        writer.u64(incarnation)
        writer.u64(tickP50Nanoseconds)
        writer.u64(tickP99Nanoseconds)
        writer.u64(tickMaxNanoseconds)
        writer.u64(late)
        writer.u64(entities)
        for number in [images.tick, images.lost, images.failed, images.stopped] { writer.u64(number) }
        writer.shortText(images.trouble.cut(toBytes: HostImageStatus.troubleBytesLimit))
        for number in [disk.bytes, disk.journalBytesPerHour, disk.freeBytes] { writer.u64(number) }
        writer.flag(disk.isFull)
        writer.shortText(disk.trouble.cut(toBytes: HostImageStatus.troubleBytesLimit))
        for number in [disk.syncs, disk.syncP50Nanoseconds, disk.syncP99Nanoseconds] { writer.u64(number) }
        writer.u64(diskCallNanoseconds)
        writer.u64(faults)
    }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        tick = try reader.u64()
        hash = try reader.u64()
        incarnation = try reader.u64()
        tickP50Nanoseconds = try reader.u64()
        tickP99Nanoseconds = try reader.u64()
        tickMaxNanoseconds = try reader.u64()
        late = try reader.u64()
        entities = try reader.u64()
        images = HostImageStatus(
            tick: try reader.u64(), lost: try reader.u64(), failed: try reader.u64(), stopped: try reader.u64(),
            trouble: try reader.shortText(limit: HostImageStatus.troubleBytesLimit))
        disk = HostDiskStatus(
            bytes: try reader.u64(), journalBytesPerHour: try reader.u64(), freeBytes: try reader.u64(), isFull: try reader.flag(),
            trouble: try reader.shortText(limit: HostImageStatus.troubleBytesLimit), syncs: try reader.u64(), syncP50Nanoseconds: try reader.u64(),
            syncP99Nanoseconds: try reader.u64())
        diskCallNanoseconds = try reader.u64()
        faults = try reader.u64()
    }
}

extension EdgeStatus {
    func encode(to writer: inout ByteWriter) {
        writer.name(kind)
        writer.u32(clients)
        writer.u32(limit)
        writer.u32(slots)
        writer.u32(unauthenticated)
        writer.u64(queuedBytes)
        writer.u64(turnedAway)
        writer.u64(malformed)
    }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        kind = try reader.name()
        clients = try reader.u32()
        limit = try reader.u32()
        slots = try reader.u32()
        unauthenticated = try reader.u32()
        queuedBytes = try reader.u64()
        turnedAway = try reader.u64()
        malformed = try reader.u64()
    }
}

extension EdgeRoster {
    func encode(to writer: inout ByteWriter) {
        writer.u32(start)
        writer.u32(last)
        writer.u8(UInt8(alive.count))
        for ordinal in alive { writer.u32(ordinal) }
    }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        start = try reader.u32()
        last = try reader.u32()
        let count = Int(try reader.u8())
        guard count <= Self.edgesLimit else { throw DecodeError(.overLimit(length: count, limit: Self.edgesLimit), at: reader.offset - 1) }
        alive = []
        for _ in 0..<count { alive.append(try reader.u32()) }
    }
}
