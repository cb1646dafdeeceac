package import OrgeSchema

/// `format u8 · grade u8 · phase u8 · cause u8 · record u64 · UTC varint · code u64 · source u8 (0 none, 1 session u64, 2 world) · sequence varint ·
/// kind u16 · name text · account u64 · name text · system u16 · entity u64 · strikes varint · suspended until varint · disabled u8 · until varint`.
extension FaultAmendment {
    package static let format: UInt8 = 1
    private static let (processorTime, memory): (UInt8, UInt8) = (128, 129)
    private static let signals: ClosedRange<UInt8> = 1...64

    /// The kind of record that bears it.
    var recordKind: JournalRecord.Kind { grade == .skipInput ? .skip : .amendment }

    /// As a host hands it to its journal.
    package func entry(tick: UInt64) -> JournalEntry { JournalEntry(grade == .skipInput ? .skip : .amendment, tick: tick, body: encoded()) }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: JournalLimits.amendmentBytes)
        writer.u8(Self.format)
        writer.u8(grade.rawValue)
        writer.u8(phase.rawValue)
        switch cause {
        case .signal(let number): writer.u8(number)
        case .processorTime: writer.u8(Self.processorTime)
        case .memory: writer.u8(Self.memory)
        }
        writer.u64(recordHash)
        writer.varint(utcMilliseconds)
        writer.u64(code)
        writer.source(source)
        writer.varint(sequence)
        writer.u16(kind)
        writer.shortText(name.cut(toBytes: Self.nameLimit))
        writer.u64(account?.raw ?? 0)
        writer.shortText(accountName.cut(toBytes: Identity.nameLimit))
        writer.u16(system)
        writer.entity(entity)
        writer.varint(UInt64(strikes))
        writer.varint(suspendedUntil)
        switch disabling {
        case .none: writer.disabling(0, 0)
        case .forGuests(let until): writer.disabling(1, until)
        case .forAll: writer.disabling(2, 0)
        }
        return writer.take()
    }

    /// Reads the body of a record.
    /// - Throws: also for a body that decides nothing a host could carry out.
    package init(_ record: JournalRecord) throws(DecodeError) {
        var reader = ByteReader(record.body)
        try self.init(&reader)
        try reader.expectEnd()
        if let fault = fault(as: record.kind) { throw DecodeError(.inconsistent(fault), at: 1) }
    }

    private init(_ reader: inout ByteReader) throws(DecodeError) {
        let format = try reader.u8()
        guard format == Self.format else { throw DecodeError(.unknown(what: "amendment format", value: UInt64(format)), at: 0) }
        let (grade, phase) = (try reader.u8(), try reader.u8())
        guard let grade = FaultGrade(rawValue: grade) else { throw DecodeError(.unknown(what: "grade", value: UInt64(grade)), at: 1) }
        guard let phase = FlightPhase(rawValue: phase) else { throw DecodeError(.unknown(what: "phase", value: UInt64(phase)), at: 2) }
        let cause: Cause =
            switch try reader.u8() {
            case Self.processorTime: .processorTime
            case Self.memory: .memory
            case let number where Self.signals.contains(number): .signal(number)
            case let number: throw DecodeError(.unknown(what: "cause", value: UInt64(number)), at: 3)
            }
        self.init(
            grade, phase, cause, recordHash: try reader.u64(), utcMilliseconds: try reader.varint(), code: try reader.u64())
        source = try reader.sourceIfAny()
        sequence = try reader.varint()
        kind = try reader.u16()
        name = try reader.shortText(limit: Self.nameLimit)
        let account = try reader.u64()
        self.account = account == 0 ? nil : AccountID(raw: account)
        accountName = try reader.shortText(limit: Identity.nameLimit)
        system = try reader.u16()
        entity = try reader.entity()
        strikes = try reader.varint32()
        suspendedUntil = try reader.varint()
        disabling = try reader.disabling()
    }

    /// What contradicts in it.
    private func fault(as kind: JournalRecord.Kind) -> String? {
        guard Self.amendable.contains(phase) else { return "nothing of the phase \(phase.name) can be amended" }
        guard kind == recordKind else { return "a record of another kind than its grade's" }
        let isInput = phase != .system
        switch grade {
        case .skipInput where !isInput: return "a system is no input"
        case .setEntityAside where isInput, .suspendSystem where isInput: return "an input is no system"
        case .setEntityAside where entity.isNone: return "no entity is set aside"
        case .skipInput, .setEntityAside, .suspendSystem, .stopWorld: break
        }
        switch phase {
        case .command where source == nil, .intent where source?.session == nil, .departure where source?.session == nil: return "an input without its source"
        case .arrival where account == nil: return "an arrival without its account"
        default: return disabling != .none && phase != .command ? "a kind that is no command's" : nil
        }
    }
}

extension ByteWriter {
    fileprivate mutating func source(_ source: Source?) {
        switch source {
        case nil: u8(0)
        case .session(let number):
            u8(1)
            u64(number)
        case .world(let source):
            u8(2)
            source.encode(to: &self)
        }
    }

    fileprivate mutating func disabling(_ tag: UInt8, _ until: UInt64) {
        u8(tag)
        varint(until)
    }
}

extension ByteReader {
    fileprivate mutating func sourceIfAny() throws(DecodeError) -> Source? {
        let start = offset
        switch try u8() {
        case 0: return nil
        case 1: return .session(try u64())
        case 2: return .world(try WorldSource(reading: &self))
        case let tag: throw DecodeError(.unknown(what: "source", value: UInt64(tag)), at: start)
        }
    }

    fileprivate mutating func disabling() throws(DecodeError) -> FaultAmendment.Disabling {
        let start = offset
        switch (try u8(), try varint()) {
        case (0, 0): return .none
        case (1, let until): return .forGuests(until: until)
        case (2, 0): return .forAll
        case (let tag, _): throw DecodeError(.unknown(what: "disabling", value: UInt64(tag)), at: start)
        }
    }
}
