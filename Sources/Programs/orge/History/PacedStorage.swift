import OrgeJournal
import OrgeSystem

/// A journal's storage that reads in small pieces, with a pause after each, so that other readers and writers of the disk hardly notice.
final class PacedStorage: ForwardingStorage {
    /// At most so many bytes at once: a few milliseconds of a slow disk.
    private static let pieceBytes = 256 << 10

    let base: any JournalStorage
    private let bytesPerSecond: Int

    /// - Precondition: more than 0 bytes per second.
    init(_ base: any JournalStorage, bytesPerSecond: Int) {
        precondition(bytesPerSecond > 0, "a pace of nothing")
        self.base = base
        self.bytesPerSecond = bytesPerSecond
    }

    func read(_ path: StoragePath, from offset: Int, count: Int) throws(JournalError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let wanted = min(count - bytes.count, Self.pieceBytes)
            let piece = try base.read(path, from: offset + bytes.count, count: wanted)
            bytes += piece
            _ = waitUntilReady([], timeoutMilliseconds: Int32(clamping: piece.count * 1_000 / bytesPerSecond))
            if piece.count < wanted { break }
        }
        return bytes
    }
}
