/// How a row of one layout becomes a row of another, field by field, in canonical bytes.
package struct RowMigration: Sendable {
    /// Where a field of the new row comes from. Indices are of the old row's fields.
    package enum Source: Sendable {
        /// From the row that is there already: of a new row, the default.
        case kept
        case copied(Int)
        case widened(Int)
        /// By the author's code, from the bytes of some fields.
        case computed([Int], FieldComputation)
    }

    package let old: RowLayout
    package let new: RowLayout
    /// One for each field of the new row.
    package let sources: [Source]

    /// - Precondition: a source for each new field, of which copied and widened ones fit (``FieldConversion``), and indices are of old fields.
    package init(from old: RowLayout, to new: RowLayout, _ sources: [Source]) {
        precondition(sources.count == new.fields.count, "a source for each field")
        self.old = old
        self.new = new
        self.sources = sources
    }

    /// The first rule that a field breaks which the author's code has computed. Other fields are as world code has set them, which no rule binds.
    /// - Parameter row: made by ``apply(_:at:base:to:)``.
    package func brokenRule(_ row: [UInt8]) -> BrokenRule? {
        new.brokenRule(ByteReader(row)) { if case .computed = sources[$0] { true } else { false } }
    }

    /// Whether rows stay as they are, and their layout says the same of them.
    package var isIdentity: Bool {
        guard old.fields.count == new.fields.count else { return false }
        return sources.indices.allSatisfy { index in
            guard case .copied(index) = sources[index] else { return false }
            return old.fields[index].name == new.fields[index].name && old.fields[index].kind == new.fields[index].kind
        }
    }

    /// Writes the new row.
    /// - Parameters:
    ///   - bytes: where the old row lies, from `start` on.
    ///   - base: a row of the new layout, for what is kept.
    /// - Precondition: both rows were validated.
    package func apply(_ bytes: [UInt8], at start: Int, base: [UInt8], to writer: inout ByteWriter) {
        let (fields, baseFields) = (old.fieldRanges(in: bytes, at: start), new.fieldRanges(in: base, at: 0))
        for (index, source) in sources.enumerated() {
            switch source {
            case .kept: writer.bytes(base[baseFields[index]])
            case .copied(let field): writer.bytes(bytes[fields[field]])
            case .widened(let field): Self.widen(bytes[fields[field]], old.fields[field].kind, new.fields[index].kind, &writer)
            case .computed(let sources, let computation): writer.bytes(computation.compute(sources.map { bytes[fields[$0]] }))
            }
        }
    }

    private static func widen(_ bytes: ArraySlice<UInt8>, _ old: FieldKind, _ new: FieldKind, _ writer: inout ByteWriter) {
        var reader = ByteReader(Array(bytes))
        do throws(DecodeError) {
            new.encode(FieldKind.widen(try old.decode(&reader), to: new), to: &writer)
        } catch {
            preconditionFailure("rows are migrated after they were validated: \(error)")
        }
    }
}

/// An author's code that computes a field, from the canonical bytes of old fields to those of the new one.
package struct FieldComputation: Sendable {
    package let compute: @Sendable ([ArraySlice<UInt8>]) -> [UInt8]

    package init(_ compute: @escaping @Sendable ([ArraySlice<UInt8>]) -> [UInt8]) { self.compute = compute }
}
