/// How much further than a disc's radius a search over cells has to look, on one axis, to walk every cell in which the exact test
/// `dx * dx + dy * dy <= radius * radius` may still take something.
///
/// That test rounds, and so do the corners of the search: what it takes may lie a hair outside of them. More than the few last digits that
/// subtracting and squaring may lose, and than the distances whose square is no longer exact.
/// - Parameter center: the disc's, on that axis.
@inlinable @inline(__always)
package func discReach(_ center: Double, radius: Double) -> Double { radius + (abs(center) + radius) * 0x1p-48 + 0x1p-500 }
