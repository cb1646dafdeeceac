package import OrgeSchema

/// What ended a world's host, proven: the input, the system or the start that its thread ran when it trapped, or that used up what it may use.
///
/// The supervisor decides it from the flight recorder of the dead host, and gives it to the next one, which must not run that work again.
package struct Blame: Equatable, Sendable {
    package enum Cause: Equatable, Sendable {
        /// The thread that ran it raised SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE or SIGABRT.
        case signal(Int32)
        /// It alone used more processor time than the bound of so many nanoseconds, twice.
        case processorTime(boundNanoseconds: UInt64)
        /// The kernel killed the process for its memory while it ran, twice.
        case memory
    }

    /// The phase is one that runs world code.
    package var entry: FlightEntry
    package var cause: Cause

    package init(entry: FlightEntry, cause: Cause) {
        self.entry = entry
        self.cause = cause
    }

    /// The entity whose row the blamed system visited, where an examination of the tick has found it.
    package var examined: Entity? { entry.entity.isNone ? nil : entry.entity }
}

/// `phase u8 · tick u64 · source u8 (0 none, 1 session u64, 2 world) · sequence u64 · kind u16 · account u64 · system u32 · entity u64 · cause u8
/// (1 signal, 2 processor time, 3 memory) · value u64`.
extension Blame {
    /// Bytes of the longest encoding.
    package static let bytesLimit = 64

    package func encode(to writer: inout ByteWriter) {
        writer.u8(entry.phase.rawValue)
        writer.u64(entry.tick)
        switch entry.source {
        case nil: writer.u8(0)
        case .session(let number):
            writer.u8(1)
            writer.u64(number)
        case .world(let source):
            writer.u8(2)
            source.encode(to: &writer)
        }
        writer.u64(entry.sequence)
        writer.u16(entry.kind)
        writer.u64(entry.account?.raw ?? 0)
        writer.u32(entry.system)
        writer.entity(entry.entity)
        switch cause {
        case .signal(let number): writer.cause(1, UInt64(UInt32(bitPattern: number)))
        case .processorTime(let bound): writer.cause(2, bound)
        case .memory: writer.cause(3, 0)
        }
    }

    package init(_ reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        let phase = try reader.u8()
        guard let known = FlightPhase(rawValue: phase), known.runsWorldCode else {
            throw DecodeError(.unknown(what: "phase to blame", value: UInt64(phase)), at: start)
        }
        entry = FlightEntry(phase: known, tick: try reader.u64())
        let tag = try reader.u8()
        switch tag {
        case 0: entry.source = nil
        case 1: entry.source = .session(try reader.u64())
        case 2: entry.source = .world(try WorldSource(reading: &reader))
        default: throw DecodeError(.unknown(what: "source", value: UInt64(tag)), at: reader.offset - 1)
        }
        entry.sequence = try reader.u64()
        entry.kind = try reader.u16()
        let account = try reader.u64()
        entry.account = account == 0 ? nil : AccountID(raw: account)
        entry.system = try reader.u32()
        entry.entity = try reader.entity()
        let offset = reader.offset
        let (kind, value) = (try reader.u8(), try reader.u64())
        switch kind {
        case 1: cause = .signal(Int32(truncatingIfNeeded: value))
        case 2: cause = .processorTime(boundNanoseconds: value)
        case 3: cause = .memory
        default: throw DecodeError(.unknown(what: "cause", value: UInt64(kind)), at: offset)
        }
    }
}

extension ByteWriter {
    fileprivate mutating func cause(_ kind: UInt8, _ value: UInt64) {
        u8(kind)
        u64(value)
    }
}

/// As an argument of a command line: the bytes in hexadecimal digits.
extension Blame {
    package var argument: String {
        var writer = ByteWriter(capacity: Self.bytesLimit)
        encode(to: &writer)
        return writer.take().map { UInt64($0).hexadecimal.suffix(2) }.joined()
    }

    /// Nil where the text is none that ``argument`` makes.
    package init?(argument: String) {
        let digits = Array(argument.utf8)
        guard digits.count % 2 == 0, digits.count <= 2 * Self.bytesLimit else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else { return nil }
            bytes.append(byte)
        }
        var reader = ByteReader(bytes)
        do throws(DecodeError) {
            try self.init(&reader)
            try reader.expectEnd()
        } catch { return nil }
    }
}
