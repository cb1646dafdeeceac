import OrgeSchema
import Testing

enum Only: UInt8, Choice { case one = 9 }
enum Wide: UInt64, Choice { case low = 3, high = 0xffff_ffff_ffff_fff0, next = 4 }
enum Counted: Int8, Choice { case minus = -1, zero, plus }

/// Every combination in which adjacent fields are joined or not, and every width after a list.
struct Neighbours: BitwiseCopyable, Sendable {
    var a: Int8 = 0
    var b: UInt8 = 0
    var c: Int16 = 0
    var d: UInt16 = 0
    var e: Float = 0
    var f: Float = 0
    var g: Float = 0
    var h: Int32 = 0
    var i = SIMD3<Double>()
    var j: Double = 0
    var k = false
    var l = true
    var m = Only.one
    var n = Wide.low
    var o = Counted.zero
    var p = List<Bool, 5>()
    var q = List<Double, 2>()
    var r = List<UInt16, 3>()
    var s = Entity.none
    var t: UInt64 = 0
    var u = Text<20>()
    var v: Int64 = 0

    static var fields: [FieldRule<Self>] {
        [
            .range(\.a, -5...5), .range(\.b, 1...9), .range(\.c, -300...300), .range(\.d, 0...40_000), .finite(\.e), .range(\.f, -1.5...1.5),
            .range(\.h, .min ... -1), .range(\.j, 0...1e300), .range(\.t, 5...UInt64.max), .range(\.v, Int64.min...7), .notEmpty(\.p), .notEmpty(\.u),
        ]
    }
}

@Suite("The steps of a plan")
struct RowStepTests {
    let plan = RowPlan(Neighbours.self, rules: Neighbours.fields)

    private func drawn(_ seed: UInt64) -> [UInt8] {
        var generator = CommandGenerator(schema: WorldSchema(name: "none", version: 1, tickMicroseconds: 0), seed: seed)
        return generator.row(plan.layout)
    }

    private func decoded(_ bytes: [UInt8]) throws -> Neighbours {
        var value = Neighbours()
        var reader = ByteReader(bytes)
        try plan.decode(&reader, into: &value)
        try reader.expectEnd()
        return value
    }

    @Test("joined neighbours read back as they were written", arguments: 0..<100 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        let bytes = drawn(seed)
        var writer = ByteWriter()
        plan.encode(try decoded(bytes), to: &writer)
        #expect(writer.bytes == bytes)
        #expect(plan.fault(in: bytes) == nil)
    }

    @Test("the quick reading and the layout's give the same verdict, error and place for damaged bytes", arguments: 0..<15 as Range<UInt64>)
    func damaged(seed: UInt64) {
        let bytes = drawn(seed)
        var random = RandomSource(seed: seed)
        var damaged = (0...bytes.count).map { Array(bytes.prefix($0)) } + [bytes + [0]]
        for _ in 0..<150 {
            var copy = bytes
            copy[random.below(copy.count)] = UInt8(random.chance(1, outOf: 2) ? [0, 1, 2, 0x7f, 0x80, 0xff][random.below(6)] : random.below(256))
            damaged.append(copy)
        }
        for bytes in damaged { #expect(plan.fault(in: bytes) == plan.layout.fault(in: bytes)) }
    }

    @Test("rules on memory and rules on bytes agree", arguments: 0..<30 as Range<UInt64>)
    func rules(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        for round in 0..<40 {
            var bytes = drawn(seed &* 100 &+ UInt64(round))
            for _ in 0..<random.below(3) { bytes[random.below(bytes.count)] ^= UInt8(1 << random.below(8)) }
            guard plan.layout.fault(in: bytes) == nil else { continue }
            let value = try decoded(bytes)
            #expect(plan.keepsRules(value) == (plan.layout.brokenRule(ByteReader(bytes)) == nil))
        }
    }

    @Test("rules on memory and rules on bytes agree about floats that are no ordinary numbers")
    func oddFloats() throws {
        let odd: [Float] = [.nan, .infinity, -.infinity, -0.0, 1.5, -1.5, Float(1.5).nextUp, .greatestFiniteMagnitude, .leastNonzeroMagnitude]
        var kept = 0
        for number in odd {
            let changes: [(inout Neighbours) -> Void] = [{ $0.e = number }, { $0.f = number }, { $0.j = Double(number) }]
            for change in changes {
                var value = try decoded(drawn(1))
                change(&value)
                var writer = ByteWriter()
                plan.encode(value, to: &writer)
                let keeps = plan.layout.brokenRule(ByteReader(writer.bytes)) == nil
                #expect(plan.keepsRules(value) == keeps, "\(number)")
                kept += keeps ? 1 : 0
            }
        }
        #expect(kept == 6 + 4 + 5)
    }

    @Test("every NaN hashes as one, in each lane; other floats keep their bits")
    func notANumber() {
        func hash(_ change: (inout Neighbours) -> Void) -> UInt64 {
            var value = Neighbours()
            value.q.append(1)
            change(&value)
            return plan.hash(of: value, seed: 1)
        }
        let odd = Float(bitPattern: 0xffa0_0001)
        let wide = Double(bitPattern: 0xfff0_0000_0000_0001)
        #expect(hash { $0.e = odd } == hash { $0.e = .nan })
        #expect(hash { $0.f = odd } == hash { $0.f = .nan })
        #expect(hash { $0.g = odd } == hash { $0.g = .nan })
        #expect(hash { $0.i.y = wide } == hash { $0.i.y = .nan })
        #expect(hash { $0.j = wide } == hash { $0.j = .nan })
        #expect(hash { $0.q[0] = wide } == hash { $0.q[0] = .nan })
        let values: [Float] = [0, -0.0, .infinity, -.infinity, .nan, .greatestFiniteMagnitude]
        for (index, value) in values.enumerated() {
            for other in values[..<index] {
                #expect(hash { $0.e = value } != hash { $0.e = other })
                #expect(hash { $0.f = value } != hash { $0.f = other })
                #expect(hash { $0.j = Double(value) } != hash { $0.j = Double(other) })
            }
        }
    }

    @Test("numbers drawn for a Float stay in a range whose bounds no Float holds", arguments: 0..<50 as Range<UInt64>)
    func floatRange(seed: UInt64) throws {
        let low = 0.1 + Double(seed % 7) * 1e-9
        var rule = FieldConstraint()
        rule.range = .real(low...low + 1e-7)
        rule.finite = true
        let layout = RowLayout([FieldSchema("x", .scalar(.f32), rule), FieldSchema("y", .vector(.f32, count: 3), rule)])
        var generator = CommandGenerator(schema: WorldSchema(name: "none", version: 1, tickMicroseconds: 0), seed: seed)
        for _ in 0..<50 { #expect(layout.brokenRule(ByteReader(generator.row(layout))) == nil) }
    }
}

extension RowPlan {
    fileprivate func keepsRules(_ value: Neighbours) -> Bool {
        unsafe withUnsafeBytes(of: value) { bytes in unsafe keepsRules(at: bytes.baseAddress!) }
    }

    /// With the spare bytes after it that a slab has.
    fileprivate func hash(of value: Neighbours, seed: UInt64) -> UInt64 {
        unsafe withUnsafeBytes(of: (value, 0 as UInt64)) { bytes in unsafe hash(at: bytes.baseAddress!, seed: seed) }
    }
}
