/// Memory of many sizes that is held while a copy of a world runs, so that what the copy allocates lies at other addresses than what the original did.
///
/// The order of a Set or Dictionary follows from the address of its storage, within one process from nothing else. Without this the copy would mostly be given
/// the memory that the original has just freed, and come to the same order by accident.
final class Ballast {
    /// Small blocks are handed out by size, last freed first: as many of each size as an allocator keeps.
    private static let smallSizes = stride(from: 16, through: 1_024, by: 16)
    private static let smallCount = 8
    /// Of larger ones one each, in steps of a fifth: at least one takes a piece out of any block that was freed. Nothing is written to them.
    private static let largestSize = 4 << 20

    private var blocks: [[UInt8]] = []

    init() {
        // Of the array itself, before the block is taken.
        let head = 32
        for size in Self.smallSizes { for _ in 0..<Self.smallCount { hold(max(1, size - head)) } }
        var size = 1_100
        while size <= Self.largestSize {
            hold(size)
            size += size / 5
        }
    }

    private func hold(_ size: Int) {
        var block: [UInt8] = []
        block.reserveCapacity(size)
        blocks.append(block)
    }

    /// Frees the memory. Called, so that it is not freed before.
    func drop() { blocks = [] }
}
