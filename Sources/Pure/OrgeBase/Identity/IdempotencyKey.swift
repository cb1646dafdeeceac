/// Sixteen bytes that a client draws for one command, so that the command is applied once however often, and in however many sessions, it is sent.
public struct IdempotencyKey: Hashable, Sendable, BitwiseCopyable {
    /// Bytes of a key.
    public static let byteCount = 16

    /// The first eight bytes, as a big-endian number.
    public var high: UInt64
    /// The other eight.
    public var low: UInt64

    /// Any 128 bits are a key.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// - Parameter digits: exactly 32 hexadecimal digits.
    public init?(hexadecimal digits: String) {
        let bytes = Array(digits.utf8)
        guard bytes.count == 32, let high = Self.number(bytes[..<16]), let low = Self.number(bytes[16...]) else { return nil }
        self.init(high: high, low: low)
    }

    /// Digits alone: an integer's own initialiser would take a sign.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for digit in digits {
            guard let value = Character(UnicodeScalar(digit)).hexDigitValue else { return nil }
            number = number << 4 | UInt64(value)
        }
        return number
    }

    /// 32 hexadecimal digits, as `orge call --key` takes them.
    public var hexadecimal: String { high.hexadecimal + low.hexadecimal }
}

extension IdempotencyKey {
    public func encode(to writer: inout ByteWriter) {
        writer.u64(high)
        writer.u64(low)
    }

    /// ``byteCount`` bytes, `high` first.
    public var bytes: [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCount)
        encode(to: &writer)
        return writer.take()
    }

    /// - Precondition: the bytes begin with a key.
    /// - Returns: the key, and the bytes after it.
    public static func split(_ bytes: ArraySlice<UInt8>) -> (IdempotencyKey, ArraySlice<UInt8>) {
        var reader = ByteReader(Array(bytes.prefix(byteCount)))
        do throws(DecodeError) {
            return (try IdempotencyKey(reading: &reader), bytes.dropFirst(byteCount))
        } catch {
            preconditionFailure("\(bytes.count) bytes where a key stands")
        }
    }

    public init(reading reader: inout ByteReader) throws(DecodeError) {
        self.init(high: try reader.u64(), low: try reader.u64())
    }
}
