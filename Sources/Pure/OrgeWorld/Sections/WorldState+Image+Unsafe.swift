import OrgeImage
import OrgeSchema

/// Rows in an image.
extension WorldState {
    /// Decodes a page of rows, which become dirty.
    /// - Returns: its number.
    mutating func decodePage(_ column: Int, _ reader: inout ByteReader) throws(DecodeError) -> UInt64 {
        let start = reader.offset
        let page = try RowPage(reading: &reader)
        for slot in page.slots {
            guard let entity = entities.entityIfAlive(at: slot) else {
                throw DecodeError(.inconsistent("a row in slot \(slot), which no entity has"), at: start)
            }
            try decodeRow(column, entity, &reader)
        }
        return UInt64(page.page)
    }
}

extension WorldState {
    mutating func decodeRow(_ column: Int, _ entity: Entity, _ reader: inout ByteReader) throws(DecodeError) {
        let slot = Int(entity.slot)
        unsafe columns[column].reach(entity.slot)
        unsafe columns[column].setPresent(slot, true)
        let row = unsafe columns[column].row(slot)
        unsafe row.initializeMemory(as: UInt8.self, repeating: 0, count: columns[column].stride)
        try unsafe plans[column].decode(&reader, at: row)
    }

    /// Sets or removes a row as a followed tick says.
    mutating func apply(_ row: ChangeSet.Row, _ bytes: [UInt8]) throws(DecodeError) {
        let column = Int(row.component)
        guard column < columnCount, entities.isAlive(row.entity) else {
            throw DecodeError(.inconsistent("a row of component \(column) of \(row.entity)"), at: 0)
        }
        guard let range = row.bytes else { return remove(column, row.entity) }
        guard range.upperBound <= bytes.count else {
            throw DecodeError(.truncated(need: range.count, have: bytes.count - range.lowerBound), at: range.lowerBound)
        }
        var reader = ByteReader(bytes, from: range.lowerBound, to: range.upperBound)
        try decodeRow(column, row.entity, &reader)
        try reader.expectEnd()
    }
}

extension FrozenColumn {
    /// Writes a page that was read into the buffer as a record of an image (``RowPage``).
    func encode(_ page: Int, _ buffer: PageBuffer, to writer: inout ByteWriter) {
        let words = unsafe buffer.base.assumingMemoryBound(to: UInt64.self)
        writer.u32(UInt32(page))
        for word in 0..<Column.wordsPerPage { writer.u64(unsafe words[word]) }
        for word in 0..<Column.wordsPerPage {
            var bits = unsafe words[word]
            while bits != 0 {
                let place = word * 64 + bits.trailingZeroBitCount
                bits &= bits - 1
                unsafe plan.encode(at: buffer.base + Column.headBytes + place * stride, to: &writer)
            }
        }
    }
}
