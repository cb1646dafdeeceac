import OrgeSchema
import OrgeWire
import Testing

@Suite("Changed rows")
struct RowCodecTests {
    static let kinds: [FieldKind] =
        ScalarKind.allCases.map { .scalar($0) } + [
            .text(capacity: 20), .list(.u16, capacity: 6), .vector(.i16, count: 3),
            .choice(storage: .i16, cases: [ChoiceCase(raw: -300, name: "a"), ChoiceCase(raw: 7, name: "b")]),
        ]

    static func row(_ layout: RowLayout, _ random: inout RandomSource) -> [UInt8] {
        var writer = ByteWriter()
        for field in layout.fields {
            switch field.kind {
            case .scalar(let scalar): scalarValue(scalar, &random, &writer)
            case .vector(let scalar, let count): for _ in 0..<count { scalarValue(scalar, &random, &writer) }
            case .list(let scalar, let capacity):
                let count = random.below(capacity + 1)
                writer.u16(UInt16(count))
                for _ in 0..<count { scalarValue(scalar, &random, &writer) }
            case .text(let capacity): writer.shortText(String(repeating: "t", count: random.below(capacity + 1)))
            case .choice: writer.u16(UInt16(bitPattern: random.chance(1, outOf: 2) ? -300 : 7))
            }
        }
        return writer.bytes
    }

    /// Often small, often at an end of the range, sometimes anything.
    static func scalarValue(_ scalar: ScalarKind, _ random: inout RandomSource, _ writer: inout ByteWriter) {
        let edge: UInt64 = [0, 1, .max, .max - 1, 1 << 63, 1 << 63 - 1, 0x7f, 0x80, 0x7fff, 0x8000, 0x7fff_ffff, 0x8000_0000][random.below(12)]
        let raw = [UInt64(random.below(100)), edge, random.next()][random.below(3)]
        switch scalar {
        case .bool: writer.flag(raw & 1 == 1)
        case .f32: writer.u32(canonicalBits(Float(bitPattern: UInt32(truncatingIfNeeded: raw))))
        case .f64: writer.u64(canonicalBits(Double(bitPattern: raw)))
        default: for index in 0..<scalar.byteCount { writer.u8(UInt8(truncatingIfNeeded: raw >> (8 * UInt64(scalar.byteCount - 1 - index)))) }
        }
    }

    static func decode(_ layout: RowLayout, _ bytes: [UInt8], old: [UInt8]?) throws(DecodeError) -> [UInt8] {
        var reader = ByteReader(bytes)
        var row = ByteWriter()
        try RowCodec(layout).decodeChange(&reader, old: old.map { ([9, 9] + $0, 2) }, to: &row)
        try reader.expectEnd()
        return row.bytes
    }

    @Test("A change applied to the old row gives the new one, and is never longer than mask and row", arguments: 0..<200 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        let layout = RowLayout((0..<random.within(1...9)).map { FieldSchema("f\($0)", Self.kinds[random.below(Self.kinds.count)]) })
        let codec = RowCodec(layout)
        let old = Self.row(layout, &random)
        for _ in 0..<20 {
            let new = random.chance(1, outOf: 8) ? old : Self.row(layout, &random)
            var writer = ByteWriter()
            writer.u8(1)
            let isChanged = codec.encodeChange(from: [5] + old, at: 1, to: [5, 5] + new, at: 2, &writer)
            #expect(isChanged == (old != new), "seed \(seed)")
            #expect(writer.count <= 1 + codec.maskBytes + new.count)
            guard isChanged else { continue }
            #expect(try Self.decode(layout, Array(writer.bytes[1...]), old: old) == new, "seed \(seed)")
            #expect(try Self.decode(layout, codec.wholeMask + new, old: nil) == new, "seed \(seed)")
        }
    }

    @Test("Masks, differences and varints that break the rules are malformed")
    func badChanges() {
        let layout = RowLayout([FieldSchema("a", .scalar(.u8)), FieldSchema("b", .scalar(.i32)), FieldSchema("c", .text(capacity: 4))])
        let old: [UInt8] = [250, 0x7f, 0xff, 0xff, 0xff, 0, 1, 97]
        let bad: [(String, [UInt8])] = [
            ("a mask that names no field", [0]), ("a fourth field", [0b0100_0001, 1, 1]), ("the code that means nothing", [0b0000_0011, 1]),
            ("a u8 over 255", [0b10, 12]), ("a u8 below 0", [0b10, 0xf5, 3]), ("an i32 over its range", [0b1000, 2]),
            ("a text that differs", [0b10_0000, 2]), ("a varint longer than need be", [0b10, 0x82, 0]), ("a value that is cut", [0b0100, 0, 0, 0]),
            ("a text that is cut", [0b01_0000, 0, 3, 97]), ("no mask", []), ("a byte too many", [0b01, 1, 1]),
            ("a varint of more than 64 bits", [0b1000] + [UInt8](repeating: 0x80, count: 9) + [2]),
        ]
        for (what, bytes) in bad { #expect(throws: DecodeError.self, "\(what)") { _ = try Self.decode(layout, bytes, old: old) } }
        for partial in [[0b01, 7], [0b10, 2]] as [[UInt8]] {
            #expect(throws: DecodeError.self, "a change without a row") { _ = try Self.decode(layout, partial, old: nil) }
        }
        #expect(throws: Never.self) { _ = try Self.decode(layout, [0b10, 10], old: old) }
    }

    @Test("Differences reach over the whole range of 64 bits where they are numbers of 64 bits", arguments: [ScalarKind.i64, .u64])
    func extremes(scalar: ScalarKind) throws {
        let layout = RowLayout([FieldSchema("n", .scalar(scalar))])
        let values: [UInt64] = [0, 1, 63, 64, 1 << 62, 1 << 63 - 1, 1 << 63, .max - 1, .max]
        for (old, new) in values.flatMap({ old in values.map { (old, $0) } }) where old != new {
            var (before, after, writer) = (ByteWriter(), ByteWriter(), ByteWriter())
            before.u64(old)
            after.u64(new)
            #expect(RowCodec(layout).encodeChange(from: before.bytes, at: 0, to: after.bytes, at: 0, &writer))
            #expect(try Self.decode(layout, writer.bytes, old: before.bytes) == after.bytes, "\(scalar) \(old) \(new)")
        }
    }

    @Test("Varints have one encoding each", arguments: [0, 1, 127, 128, 16_383, 16_384, 1 << 56 - 1, 1 << 56, 1 << 63, .max] as [UInt64])
    func varints(value: UInt64) throws {
        var writer = ByteWriter()
        writer.varint(value)
        #expect(writer.count == Varint.byteCount(value))
        var reader = ByteReader(writer.bytes)
        #expect(try reader.varint() == value && reader.isAtEnd)
        var longer = writer.bytes
        longer[longer.count - 1] |= 0x80
        var bad = ByteReader(longer + [0])
        #expect(throws: DecodeError.self) { _ = try bad.varint() }
        #expect(Varint.zigzag(Varint.unzigzag(value)) == value)
    }
}
