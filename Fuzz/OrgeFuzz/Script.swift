/// An input read as a list of decisions, for machines that take events and not bytes. Past its end every decision is the first one.
struct Script {
    /// Steps of one walk: a fuzzer learns more from many short ones.
    static let stepLimit = 200

    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { offset >= bytes.count }

    mutating func byte() -> UInt8 {
        guard offset < bytes.count else { return 0 }
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func flag() -> Bool { byte() & 1 == 1 }

    mutating func below(_ count: Int) -> Int { Int(byte()) % count }

    mutating func pick<Choice: CaseIterable>(_: Choice.Type = Choice.self) -> Choice {
        let all = Array(Choice.allCases)
        return all[below(all.count)]
    }

    /// One byte for the length, then as many as are there of them.
    mutating func some() -> [UInt8] {
        let end = min(bytes.count, offset + 1 + Int(byte()))
        defer { offset = max(offset, end) }
        return offset < end ? Array(bytes[offset..<end]) : []
    }

    /// Any number, in one byte where it is small or at the very end of what there is.
    mutating func number() -> UInt64 {
        let first = byte()
        switch first {
        case 0..<0xF0: return UInt64(first)
        case 0xF0..<0xF8: return UInt64.max - UInt64(first - 0xF0)
        default: return (0..<8).reduce(0) { number, _ in number << 8 | UInt64(byte()) }
        }
    }

    /// Nanoseconds, at most some minutes: a tick, a second, a limit.
    mutating func time() -> UInt64 {
        let first = UInt64(byte())
        switch first % 4 {
        case 0: return first * 1_000
        case 1: return first * 1_000_000
        case 2: return first * 50_000_000
        default: return first * 500_000_000
        }
    }
}
