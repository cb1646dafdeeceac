/// The index of the cell of a grid in which a coordinate lies: cell 0 begins at 0.
///
/// Coordinates beyond 1e9 cells share the outermost cells, and NaN lies in cell 0: a search must check distances themselves, and no distance to NaN is within
/// a radius. Rounds down by hand, because `floor` would make a world's executable link the C library's mathematics on some processors.
@inlinable @inline(__always)
package func cellIndex(_ coordinate: Double, side: Double) -> Int32 {
    let quotient = coordinate / side
    guard !quotient.isNaN else { return 0 }
    let clamped = min(max(quotient, -1e9), 1e9)
    let index = Int32(clamped)
    return Double(index) > clamped ? index - 1 : index
}

/// Both indices of a cell in one word.
@inlinable @inline(__always)
package func cellKey(_ x: Int32, _ y: Int32) -> UInt64 { UInt64(UInt32(bitPattern: x)) << 32 | UInt64(UInt32(bitPattern: y)) }
