package import OrgeSchema

/// Reads the entries of an update's frame in `plain`, in one pass: for each entry, then for each bit of its components `row`.
package struct UpdateCursor: Sendable {
    package struct Entry: Equatable, Sendable {
        package var section: UpdateSection
        package var entity: Entity
        /// Zero for an entity that leaves.
        package var components: UInt64

        package init(section: UpdateSection, entity: Entity, components: UInt64) {
            self.section = section
            self.entity = entity
            self.components = components
        }
    }

    package private(set) var reader: ByteReader
    private let base: Entity
    private let isSized: Bool
    private var section = UpdateSection.changed
    private var lastEntity: Entity?
    /// End of the open row, where rows have lengths.
    private var rowEnd = 0

    package init(_ frame: UpdateFrame, base: Entity) {
        reader = ByteReader(frame.entries)
        self.base = base
        isSized = frame.isSized
    }

    /// - Returns: nil at the end of the frame.
    package mutating func nextEntry() throws(DecodeError) -> Entry? {
        guard !reader.isAtEnd else { return nil }
        var start = reader.offset
        var difference = try reader.varint()
        while difference == 0 {
            guard let next = UpdateSection(rawValue: section.rawValue + 1), !reader.isAtEnd else {
                throw DecodeError(.inconsistent("the end of a section where the frame must end"), at: start)
            }
            (section, lastEntity, start) = (next, nil, reader.offset)
            difference = try reader.varint()
        }
        let entity = try entity(difference, at: start)
        lastEntity = entity
        guard section.hasComponents else { return Entry(section: section, entity: entity, components: 0) }
        let components = try reader.varint()
        guard components != 0 else { throw DecodeError(.inconsistent("an entry without a component"), at: start) }
        return Entry(section: section, entity: entity, components: components)
    }

    private func entity(_ difference: UInt64, at start: Int) throws(DecodeError) -> Entity {
        guard let lastEntity else {
            let raw = base.raw &+ UInt64(bitPattern: Varint.unzigzag(difference))
            guard raw != 0 else { throw DecodeError(.inconsistent("an entity without an id"), at: start) }
            return Entity(raw: raw)
        }
        let (raw, overflows) = lastEntity.raw.addingReportingOverflow(difference)
        guard !overflows else { throw DecodeError(.inconsistent("a difference of ids that overflows"), at: start) }
        return Entity(raw: raw)
    }

    /// Begins a row of the entry: reads its length where rows have one.
    /// - Returns: the length, or nil.
    package mutating func beginRow() throws(DecodeError) -> Int? {
        guard isSized else { return nil }
        let start = reader.offset
        let count = try reader.varint()
        guard count <= UInt64(reader.remaining) else {
            throw DecodeError(.truncated(need: Int(clamping: count), have: reader.remaining), at: start)
        }
        rowEnd = reader.offset + Int(count)
        return Int(count)
    }

    /// Ends a row: it must be as long as was said.
    package func endRow() throws(DecodeError) {
        guard !isSized || reader.offset == rowEnd else { throw DecodeError(.inconsistent("a row of another length than said"), at: reader.offset) }
    }

    package mutating func skip(_ count: Int) throws(DecodeError) { try reader.skip(count) }

    /// Reads a whole row and checks all of it.
    /// - Returns: where it lies in the frame's entries.
    package mutating func row(_ layout: RowLayout) throws(DecodeError) -> Range<Int> {
        let start = reader.offset
        try layout.validate(&reader)
        return start..<reader.offset
    }

    /// Reads a row that is `count` bytes long whatever is in it and may hold any bytes.
    package mutating func plainRow(_ count: Int) throws(DecodeError) -> Range<Int> {
        let start = reader.offset
        try reader.skip(count)
        return start..<reader.offset
    }

    /// Reads a changed row and appends the new one; see ``RowCodec/decodeChange(_:old:to:)``.
    package mutating func change(_ codec: RowCodec, old: (bytes: [UInt8], start: Int)?, to row: inout ByteWriter) throws(DecodeError) {
        try codec.decodeChange(&reader, old: old, to: &row)
    }
}
