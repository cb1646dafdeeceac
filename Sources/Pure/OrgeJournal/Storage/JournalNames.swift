/// Names of the files in a world's folder: numbers in decimal, twenty digits, so that names sort as numbers do.
enum JournalNames {
    static let genesis = StoragePath(.world, "genesis")
    static let segmentSuffix = ".segment"
    static let imageSuffix = ".image"
    static let newestSuffix = ".newest"
    static let claimedSuffix = ".claimed"

    static func segment(_ number: UInt64) -> StoragePath { StoragePath(.journal, padded(number) + segmentSuffix) }
    /// The marks of a segment (``JournalMarks``).
    static func newest(_ number: UInt64) -> StoragePath { StoragePath(.world, padded(number) + newestSuffix) }
    static func claimed(_ number: UInt64) -> StoragePath { StoragePath(.world, padded(number) + claimedSuffix) }
    static func image(_ tick: UInt64) -> StoragePath { StoragePath(.images, padded(tick) + imageSuffix) }

    /// The number in a name of ours; nil for a file that is not ours and is left alone.
    static func number(_ name: String, suffix: String) -> UInt64? {
        guard name.hasSuffix(suffix) else { return nil }
        let digits = name.dropLast(suffix.count)
        guard digits.utf8.count == 20, digits.utf8.allSatisfy({ 0x30 <= $0 && $0 <= 0x39 }) else { return nil }
        return UInt64(digits)
    }

    /// Whether a temporary file's name is one that we give.
    static func isOurs(_ temporary: String) -> Bool {
        let name = String(temporary.dropLast(JournalLimits.temporarySuffix.count))
        return name == genesis.name || number(name, suffix: segmentSuffix) != nil || number(name, suffix: imageSuffix) != nil
    }

    private static func padded(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 20 - digits.utf8.count) + digits
    }
}
