import OrgeSchema
import OrgeWire

/// All rows of one component that the edge may hold: canonical bytes in one slab, found by the slot of the entity.
///
/// A slot costs 4 bytes, a row its longest length: a component that few entities have costs little. Memory of rows that went is used
/// again and never given back, because a world that once had as many entities will have them again.
struct ReplicaColumn {
    private static let noRow: UInt32 = .max
    /// Bytes of an encoded change that is kept with its row. A longer one saves little over the row itself.
    private static let changeLimit = 32

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
    private let codec: RowCodec
    /// By row: the last change, encoded once for all clients that hold the row as it was before.
    private var changes: [UInt8] = []
    private let changeStride: Int
    /// By row; 0 where no change is kept.
    private var changeLengths = ContiguousArray<UInt8>()
    /// By row: the tick since which the row had been as it was before the last change.
    private var changeBases = ContiguousArray<UInt64>()
    private var scratch = ByteWriter()
    private(set) var rowCount = 0

    init(_ component: WorldSchema.Component) {
        self.component = component.id
        isPublic = component.visibility == .everyone
        ownerOffset = component.row.ownerOffset
        minBytes = component.row.minBytes
        stride = component.row.maxBytes
        codec = RowCodec(component.row)
        changeStride = min(Self.changeLimit, codec.maskBytes + component.row.maxBytes)
    }

    /// The field mask that marks a whole row.
    var wholeMask: [UInt8] { codec.wholeMask }

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

    /// The slot's row.
    /// - Precondition: there is one.
    @inline(__always)
    func present(_ slot: Int) -> ArraySlice<UInt8> {
        let start = Int(rows[slot]) * stride
        return slab[start..<start + rowBytes(slot)]
    }

    @inline(__always)
    private func rowBytes(_ slot: Int) -> Int { isFixed ? stride : Int(lengths[Int(rows[slot])]) }

    /// Bytes of the slot's row in an update: whole, as a change that is kept, or as a mask and the row.
    @inline(__always)
    func encodedBytes(_ slot: Int, isWhole: Bool, since: UInt64) -> Int {
        if isWhole { return rowBytes(slot) }
        return change(slot, since: since)?.count ?? codec.maskBytes + rowBytes(slot)
    }

    /// The last change of the slot's row, for a client that holds the row as it was after tick `since`.
    /// - Precondition: the row changed after that tick.
    /// - Returns: nil when the client holds an older row or none, or the change is too long to be kept.
    @inline(__always)
    func change(_ slot: Int, since: UInt64) -> ArraySlice<UInt8>? {
        let row = Int(rows[slot])
        guard changeLengths[row] > 0, since >= changeBases[row] else { return nil }
        return changes[row * changeStride..<row * changeStride + Int(changeLengths[row])]
    }

    /// - Parameters:
    ///   - lastChange: the tick of the row's change before this one.
    ///   - tick: of this change. A second change in one tick is not kept: no client holds the row between the two.
    /// - Precondition: `accepts(count)`.
    /// - Returns: false when the row was like that before.
    mutating func set(_ slot: Int, _ source: [UInt8], at start: Int, count: Int, lastChange: UInt64, tick: UInt64) -> Bool {
        var row = rows[slot]
        if row == Self.noRow {
            row = allocateRow()
            rows[slot] = row
            changeLengths[Int(row)] = 0
        } else {
            let isSameLength = isFixed || lengths[Int(row)] == UInt32(count)
            if isSameLength, RowBytes.areEqual(slab, at: Int(row) * stride, source, at: start, count: count) { return false }
            keepChange(Int(row), source, at: start, since: lastChange == tick ? nil : lastChange)
        }
        RowBytes.copy(source, at: start, count: count, to: &slab, at: Int(row) * stride)
        if !isFixed { lengths[Int(row)] = UInt32(count) }
        return true
    }

    /// - Parameter since: the tick of the last change; nil when no client can hold the row as it is now.
    private mutating func keepChange(_ row: Int, _ source: [UInt8], at start: Int, since: UInt64?) {
        changeLengths[row] = 0
        guard let since else { return }
        scratch.removeAll()
        guard codec.encodeChange(from: slab, at: row * stride, to: source, at: start, &scratch), scratch.count <= changeStride else { return }
        RowBytes.copy(scratch.bytes, at: 0, count: scratch.count, to: &changes, at: row * changeStride)
        changeLengths[row] = UInt8(scratch.count)
        changeBases[row] = since
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
        changes.append(contentsOf: repeatElement(0, count: changeStride))
        changeLengths.append(0)
        changeBases.append(0)
        if !isFixed { lengths.append(0) }
        return row
    }

    func entityField(_ slot: Int, at offset: Int) -> Entity? {
        guard let row = bytes(slot) else { return nil }
        return Entity(raw: row[(row.startIndex + offset)...].prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }
}
