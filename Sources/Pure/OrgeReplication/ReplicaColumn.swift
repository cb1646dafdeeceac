import OrgeSchema

/// All rows of one component that the edge may hold: canonical bytes in one slab, found by the slot of the entity.
///
/// A slot costs 4 bytes, a row its longest length: a component that few entities have costs little. Memory of rows that went is used
/// again and never given back, for a world that once had as many entities will have them again.
struct ReplicaColumn {
    private static let noRow: UInt32 = .max

    let component: UInt16
    let isPublic: Bool
    /// Where in a row the owner of the entity stands, if this component names one.
    let ownerOffset: Int?
    private let minBytes: Int
    private let stride: Int
    /// Row of each slot.
    private var rows = ContiguousArray<UInt32>()
    private var slab: [UInt8] = []
    /// Lengths of rows; empty where all have the same one.
    private var lengths = ContiguousArray<UInt32>()
    private var free = ContiguousArray<UInt32>()
    private(set) var rowCount = 0

    init(_ component: WorldSchema.Component) {
        self.component = component.id
        isPublic = component.visibility == .everyone
        ownerOffset = component.row.ownerOffset
        minBytes = component.row.minBytes
        stride = component.row.maxBytes
    }

    private var isFixed: Bool { minBytes == stride }

    mutating func grow(to slotCount: Int) {
        rows.append(contentsOf: repeatElement(Self.noRow, count: slotCount - rows.count))
    }

    func accepts(_ byteCount: Int) -> Bool { byteCount >= minBytes && byteCount <= stride }

    @inline(__always)
    func has(_ slot: Int) -> Bool { rows[slot] != Self.noRow }

    /// The slot's row, to be read at once.
    @inline(__always)
    func bytes(_ slot: Int) -> ArraySlice<UInt8>? {
        let row = rows[slot]
        guard row != Self.noRow else { return nil }
        let start = Int(row) * stride
        return slab[start..<start + (isFixed ? stride : Int(lengths[Int(row)]))]
    }

    /// - Precondition: `accepts(count)`.
    /// - Returns: false when the row was like that before.
    mutating func set(_ slot: Int, _ source: [UInt8], at start: Int, count: Int) -> Bool {
        var row = rows[slot]
        if row == Self.noRow {
            row = allocateRow()
            rows[slot] = row
        } else if isFixed || lengths[Int(row)] == UInt32(count) {
            if RowBytes.areEqual(slab, at: Int(row) * stride, source, at: start, count: count) { return false }
        }
        RowBytes.copy(source, at: start, count: count, to: &slab, at: Int(row) * stride)
        if !isFixed { lengths[Int(row)] = UInt32(count) }
        return true
    }

    /// - Returns: false when there was no row.
    mutating func unset(_ slot: Int) -> Bool {
        let row = rows[slot]
        guard row != Self.noRow else { return false }
        rows[slot] = Self.noRow
        free.append(row)
        rowCount -= 1
        return true
    }

    private mutating func allocateRow() -> UInt32 {
        rowCount += 1
        if let row = free.popLast() { return row }
        let row = UInt32(rowCount - 1)
        slab.append(contentsOf: repeatElement(0, count: stride))
        if !isFixed { lengths.append(0) }
        return row
    }

    func entityField(_ slot: Int, at offset: Int) -> Entity? {
        guard let row = bytes(slot) else { return nil }
        return Entity(raw: row[(row.startIndex + offset)...].prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }
}
