/// Draws random rows that keep the declared rules. Bots, scripted runs and fuzzers share it, so all of them send what a client could send.
public struct CommandGenerator: Sendable {
    public let schema: WorldSchema
    public var random: RandomSource
    /// Entities that the run has seen; fields of type `Entity` are drawn from these, and one time in sixteen at random.
    public private(set) var seen: ContiguousArray<Entity> = []
    private let totalWeight: Int
    /// Whether one field value in four is the next one of ``FieldSchema/boundaries``: a field's come in turn, so that none is left out for long.
    /// Off for load, which is to look like what people send.
    public var drawsBoundaries = false
    /// Of the fields of commands, then of intents: how many boundary values were drawn.
    private var boundaryTurns: [[Int]]

    /// The most entities kept: enough to reach any corner of a view without growing with the run.
    public static let seenLimit = 4_096

    /// Bytes of UTF-8 of a drawn text: a line of speech. Longer ones would make generated load one of texts.
    static let speechBytesLimit = 40

    public init(schema: WorldSchema, seed: UInt64) {
        self.schema = schema
        random = RandomSource(seed: seed)
        totalWeight = schema.commands.reduce(0) { $0 + Int($1.weight) }
        let rows = schema.commands.map(\.row) + schema.intents.compactMap { schema.component($0.component)?.row }
        boundaryTurns = rows.map { Array(repeating: 0, count: $0.fields.count) }
    }

    /// Adds an entity for later draws; at the limit it replaces a random one.
    public mutating func see(_ entity: Entity) {
        if seen.count < Self.seenLimit { seen.append(entity) } else { seen[random.below(seen.count)] = entity }
    }

    public mutating func forgetAll() { seen.removeAll(keepingCapacity: true) }

    /// A command by weight.
    /// - Returns: nil when the world has no command that a generator may draw.
    public mutating func command() -> (kind: UInt16, payload: [UInt8])? {
        guard totalWeight > 0 else { return nil }
        var ticket = random.below(totalWeight)
        for command in schema.commands {
            ticket -= Int(command.weight)
            if ticket < 0 { return (command.id, row(command.row, place: Int(command.id))) }
        }
        preconditionFailure("weights add up")
    }

    /// A row of an intent.
    public mutating func intent(_ intent: WorldSchema.Intent) -> [UInt8] {
        guard let component = schema.component(intent.component) else { preconditionFailure("a schema's intents name its components") }
        return row(component.row, place: schema.commands.count + Int(intent.id))
    }

    public mutating func row(_ layout: RowLayout) -> [UInt8] { row(layout, place: nil) }

    /// - Parameter place: in ``boundaryTurns``; nil for a row without boundary values.
    private mutating func row(_ layout: RowLayout, place: Int?) -> [UInt8] {
        var writer = ByteWriter(capacity: layout.minBytes)
        layout.encode(layout.fields.indices.map { boundary(of: layout.fields[$0], $0, place) ?? value(of: layout.fields[$0]) }, to: &writer)
        return writer.bytes
    }

    /// The field's next boundary value, one time in four.
    private mutating func boundary(of field: FieldSchema, _ index: Int, _ place: Int?) -> FieldValue? {
        guard drawsBoundaries, let place, random.chance(1, outOf: 4) else { return nil }
        let boundaries = field.boundaries
        guard !boundaries.isEmpty else { return nil }
        defer { boundaryTurns[place][index] += 1 }
        return boundaries[boundaryTurns[place][index] % boundaries.count]
    }

    private mutating func value(of field: FieldSchema) -> FieldValue {
        if !field.constraint.examples.isEmpty, random.chance(3, outOf: 4) {
            let example = field.constraint.examples[random.below(field.constraint.examples.count)]
            // A world checks its examples when it registers them; an invalid one in a schema from elsewhere is skipped.
            if let value = try? field.parse(example) { return value }
        }
        switch field.kind {
        case .scalar(let scalar): return value(scalar, field.constraint)
        case .vector(let scalar, let count): return .list((0..<count).map { _ in value(scalar, field.constraint) })
        case .list(let scalar, let capacity):
            let count = random.within((field.constraint.notEmpty ? 1 : 0)...max(capacity, 1))
            return .list((0..<min(count, capacity)).map { _ in value(scalar, field.constraint) })
        case .text(let capacity): return .text(Speech.text(atLeast: field.constraint.notEmpty ? 1 : 0, atMost: min(capacity, Self.speechBytesLimit), &random))
        case .choice(_, let cases): return .choice(cases[random.below(cases.count)])
        }
    }

    private mutating func value(_ scalar: ScalarKind, _ rule: FieldConstraint) -> FieldValue {
        switch scalar {
        case .bool: return .bool(random.chance(1, outOf: 2))
        case .entity: return .entity(seen.isEmpty || random.chance(1, outOf: 16) ? Entity(raw: random.next()) : seen[random.below(seen.count)])
        case .f32: return .real(single(rule))
        case .f64: return .real(real(rule))
        case .i8, .i16, .i32, .i64: return .signed(signed(scalar, rule))
        case .u8, .u16, .u32, .u64: return .unsigned(unsigned(scalar, rule))
        }
    }

    private mutating func real(_ rule: FieldConstraint) -> Double {
        let unit = Double(random.next() >> 11) * 0x1p-53
        guard case .real(let range)? = rule.range else { return (unit - 0.5) * 2_000 }
        return min(max(range.lowerBound + (range.upperBound - range.lowerBound) * unit, range.lowerBound), range.upperBound)
    }

    /// A number that a Float can hold. Where rounding crosses a bound, the nearest Float inside is used.
    private mutating func single(_ rule: FieldConstraint) -> Double {
        let value = Float(real(rule))
        guard case .real(let range)? = rule.range else { return Double(value) }
        if Double(value) > range.upperBound { return Double(value.nextDown) }
        return Double(Double(value) < range.lowerBound ? value.nextUp : value)
    }

    private mutating func signed(_ scalar: ScalarKind, _ rule: FieldConstraint) -> Int64 {
        if case .signed(let range)? = rule.range {
            let span = UInt64(bitPattern: range.upperBound &- range.lowerBound)
            return range.lowerBound &+ Int64(bitPattern: span == .max ? random.next() : random.below(span + 1))
        }
        return Int64(bitPattern: random.next()) >> (64 - 8 * Int64(scalar.byteCount))
    }

    private mutating func unsigned(_ scalar: ScalarKind, _ rule: FieldConstraint) -> UInt64 {
        if case .unsigned(let range)? = rule.range {
            let span = range.upperBound - range.lowerBound
            return range.lowerBound + (span == .max ? random.next() : random.below(span + 1))
        }
        return random.next() >> (64 - 8 * UInt64(scalar.byteCount))
    }
}
