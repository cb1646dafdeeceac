/// The memory layout of a plain struct and its mapping to a canonical row: built once, when a type is registered.
///
/// Memory and row differ in three ways: byte order, padding (which may hold old memory and is never read), and choices (ordinal in memory, raw
/// value in the row). The framework reads and writes an author's struct only through its plan. The fields are stored as a short list of
/// steps; adjacent fields of one kind are joined, so that a row of four floats is one step.
public final class RowPlan: Sendable {
    public let layout: RowLayout
    /// Bytes of the struct in memory, without tail padding.
    package let size: Int
    let steps: FixedTable<RowStep>
    /// Raw values of all choices, by ordinal, truncated to their width.
    let choices: FixedTable<UInt64>
    let words: FixedTable<HashWord>
    let hasFloats: Bool
    let rules: FixedTable<RowRule>
    private let memoryOffsets: [Int]

    /// Bytes of the largest struct and of the largest row. A command has to fit one frame of a client (16 KiB), a visible row one of the server
    /// (256 KiB), both with room to spare, and a page of rows a cache. The two differ: a choice has one byte in memory and up to eight in a row.
    package static let sizeLimit = 4_096

    /// Walks the fields of `type`.
    /// - Precondition: as ``init(checking:rules:)`` demands; the message names the violation.
    public convenience init<Root: BitwiseCopyable>(_ type: Root.Type, rules: [FieldRule<Root>] = []) {
        do throws(AuthorFault) { try self.init(checking: type, rules: rules) } catch { trapForAuthor("\(error)") }
    }

    /// Walks the fields of `type`.
    /// - Throws: when a leaf is no field type, a rule names no field, or the struct has more than 4,096 bytes in memory or as a row.
    public init<Root: BitwiseCopyable>(checking type: Root.Type, rules: [FieldRule<Root>]) throws(AuthorFault) {
        let leaves = try RowLeaf.leaves(of: type)
        let size = MemoryLayout<Root>.size
        try demandOfAuthor(size <= Self.sizeLimit, "\(type) takes \(size) bytes of memory; a row has at most \(Self.sizeLimit)")
        for rule in rules {
            try demandOfAuthor(leaves.contains { $0.offset == rule.offset }, "a rule of \(type) is for \(rule.path), which is no stored field")
        }
        let fields = leaves.map { leaf in
            var constraint = FieldConstraint()
            for rule in rules where rule.offset == leaf.offset { rule.apply(&constraint) }
            return FieldSchema(leaf.name, leaf.type.fieldKind, constraint)
        }
        try demandOfAuthor(fields.count { $0.constraint.isOwner } <= 1, "\(type) has more than one owner")
        layout = RowLayout(fields)
        for field in fields { try field.checkExamples(of: type) }
        let longest = layout.maxBytes
        try demandOfAuthor(longest <= Self.sizeLimit, "a row of \(type) may have \(longest) bytes; at most \(Self.sizeLimit) are allowed")
        self.size = size
        memoryOffsets = leaves.map(\.offset)
        let (steps, choices) = RowStep.steps(zip(memoryOffsets, fields.map(\.kind)))
        let words = HashWord.words(steps, size: size)
        self.steps = FixedTable(steps)
        self.choices = FixedTable(choices)
        self.words = FixedTable(words)
        hasFloats = words.contains { $0.lanes != .none }
        self.rules = FixedTable(RowRule.rules(zip(memoryOffsets, fields)))
    }

    deinit {
        steps.free()
        choices.free()
        words.free()
        rules.free()
    }

    /// The field's offset in memory.
    package func memoryOffset(ofField index: Int) -> Int { memoryOffsets[index] }
}
