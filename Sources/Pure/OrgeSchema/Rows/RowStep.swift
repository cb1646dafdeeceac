/// A run of fields that is read and written in one way. Plain numbers only, so that iterating over steps does no reference counting.
struct RowStep: BitwiseCopyable, Sendable {
    enum Tag: UInt8 {
        case plain1, plain2, plain4, plain8
        case bools, floats, doubles
        case text, list, choice
    }

    var tag: Tag
    /// The tag of a list's elements; for other steps equal to `tag`.
    var element: Tag
    /// Bytes of a choice's raw value.
    var storageBytes: UInt8 = 0
    /// Bytes from the start of the struct.
    var offset: UInt32
    /// The count of adjacent numbers, the capacity of a text or list, or the count of a choice's cases.
    var count: UInt32
    /// For a list: bytes from its count to its elements. For a choice: index of its first raw value in the plan's table.
    var start: UInt32 = 0

    /// The steps of fields at offsets in memory, and the raw values of their choices.
    static func steps(_ fields: some Sequence<(Int, FieldKind)>) -> (steps: [RowStep], choices: [UInt64]) {
        var steps: [RowStep] = []
        var choices: [UInt64] = []
        for (offset, kind) in fields {
            let step = RowStep(kind, at: UInt32(offset), &choices)
            if let last = steps.last, last.isRun, last.tag == step.tag, last.offset + UInt32(last.memoryBytes) == step.offset {
                steps[steps.count - 1].count += step.count
            } else {
                steps.append(step)
            }
        }
        return (steps, choices)
    }

    private init(_ kind: FieldKind, at offset: UInt32, _ choices: inout [UInt64]) {
        self.offset = offset
        switch kind {
        case .scalar(let scalar): (tag, count) = (Tag(scalar), 1)
        case .vector(let scalar, let number): (tag, count) = (Tag(scalar), UInt32(number))
        case .text(let capacity): (tag, count) = (.text, UInt32(capacity))
        case .list(_, let capacity): (tag, count) = (.list, UInt32(capacity))
        case .choice(_, let cases): (tag, count) = (.choice, UInt32(cases.count))
        }
        element = tag
        if case .list(let scalar, _) = kind {
            element = Tag(scalar)
            start = UInt32(listGap(scalar))
        }
        if case .choice(let storage, let cases) = kind {
            storageBytes = UInt8(storage.byteCount)
            start = UInt32(choices.count)
            choices.append(contentsOf: cases.map { UInt64(bitPattern: $0.raw) & (.max >> (64 - 8 * UInt64(storage.byteCount))) })
        }
    }

    /// Whether the step is a run of numbers, which an adjacent run of the same kind may join.
    var isRun: Bool { tag != .text && tag != .list && tag != .choice }

    /// Bytes in memory, including a list's gap between count and elements.
    var memoryBytes: Int {
        switch tag {
        case .plain1, .plain2, .plain4, .plain8, .bools, .floats, .doubles: Int(count) * tag.bytes
        case .text: 2 + Int(count)
        case .list: Int(start) + Int(count) * element.bytes
        case .choice: count == 1 ? 0 : 1
        }
    }
}

/// Bytes from a list's count to its elements, which start at their own alignment.
func listGap(_ scalar: ScalarKind) -> Int { max(2, scalar.byteCount) }

extension RowStep.Tag {
    init(_ scalar: ScalarKind) {
        switch scalar {
        case .bool: self = .bools
        case .f32: self = .floats
        case .f64: self = .doubles
        case .i8, .u8: self = .plain1
        case .i16, .u16: self = .plain2
        case .i32, .u32: self = .plain4
        case .i64, .u64, .entity: self = .plain8
        }
    }

    /// Bytes of one number, in memory and row alike.
    @inline(__always)
    var bytes: Int {
        switch self {
        case .plain1, .bools, .text, .list, .choice: 1
        case .plain2: 2
        case .plain4, .floats: 4
        case .plain8, .doubles: 8
        }
    }
}
