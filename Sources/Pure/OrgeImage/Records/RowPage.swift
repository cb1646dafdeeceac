package import OrgeSchema

/// The head of a record of a section `rows/NAME`: one page of 1,024 slots. The canonical rows of the present slots follow, in order.
///
/// `u32` page · sixteen times `u64`: a bit for each slot that has a row, slot 0 the lowest bit of the first word.
package struct RowPage: Equatable, Sendable {
    package static let format: UInt16 = 1
    package static let slotCount = 1_024
    package static let wordCount = 16

    package var page: Int
    package var presence: [UInt64]

    package init(page: Int, presence: [UInt64]) {
        precondition(presence.count == Self.wordCount, "a page has \(Self.wordCount) words of presence")
        self.page = page
        self.presence = presence
    }

    package func encode(to writer: inout ByteWriter) {
        writer.u32(UInt32(page))
        for word in presence { writer.u64(word) }
    }

    /// - Throws: also when the page has no row: such pages are left out.
    package init(reading reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        page = Int(try reader.u32())
        guard page < Entity.slotLimit / Self.slotCount else { throw DecodeError(.overLimit(length: page, limit: Entity.slotLimit), at: start) }
        presence = []
        presence.reserveCapacity(Self.wordCount)
        for _ in 0..<Self.wordCount { presence.append(try reader.u64()) }
        guard presence.contains(where: { $0 != 0 }) else { throw DecodeError(.inconsistent("a page without rows"), at: start) }
    }

    /// The slots that have a row, in ascending order.
    package var slots: [Int] {
        var slots: [Int] = []
        for (word, bits) in presence.enumerated() {
            var bits = bits
            while bits != 0 {
                slots.append(page * Self.slotCount + word * 64 + bits.trailingZeroBitCount)
                bits &= bits - 1
            }
        }
        return slots
    }
}
