/// The distance on one axis that a search over cells must cover, so that it visits every cell in which the exact test
/// `dx * dx + dy * dy <= radius * radius` may accept a point.
///
/// Both the test and the corners of the search round, so an accepted point may lie outside the unrounded square by a rounding error. The
/// margin exceeds the error of one subtraction and one squaring, and the smallest distances whose square underflows.
/// - Parameter center: the disc's, on that axis.
@inlinable @inline(__always)
package func discReach(_ center: Double, radius: Double) -> Double { radius + (abs(center) + radius) * 0x1p-48 + 0x1p-500 }
