import OrgeBase

/// The name of a new world's package, which is also that of its module: `garden`, `my_world`.
struct NewWorldName: Equatable {
    let module: String

    /// Bytes: a world's name has at most 32, and a package's serves as one.
    static let lengthLimit = 32

    /// - Throws: `CommandFailure` with a name that would do.
    init(_ text: String) throws {
        if let cause = Self.fault(in: text) { throw CommandFailure(cause, remedy: "Such as: orge new \(Self.free(near: text))") }
        module = text
    }

    /// The type that is the world: `GardenWorld`, `MyWorld`.
    var type: String { Self.type(of: module) }

    /// The name for clients, which has no capital letters.
    var world: String { module.lowercased() }

    private static func type(of module: String) -> String {
        let words = module.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
        return words.hasSuffix("World") && words != "World" ? words : words + "World"
    }

    /// Why a package cannot have this name; nil when it can.
    private static func fault(in text: String) -> String? {
        if text.isEmpty { return "a world needs a name" }
        if !isIdentifier(text) { return "\"\(text.printable)\" is no name of a Swift module: a letter, then letters, digits and _ of ASCII" }
        if text.utf8.count > lengthLimit { return "\"\(text)\" has \(text.utf8.count) characters; a world's name has at most \(lengthLimit)" }
        if let owner = TakenNames.owner(of: text) { return "\"\(text)\" is \(owner)" }
        return type(of: text) == TakenNames.testWorld ? "\"\(text)\" would make a type \(type(of: text)), which OrgeWorldTesting has" : nil
    }

    private static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetter(first) else { return false }
        return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == underscore }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static let underscore: UInt8 = 0x5f

    /// A name that would do, as near as it can be had.
    private static func free(near text: String) -> String {
        let plain = text.utf8.map { isLetter($0) || isDigit($0) ? $0 : underscore }
        let stem = String(decoding: plain, as: UTF8.self).split(separator: "_").joined(separator: "_")
        if stem.isEmpty { return "garden" }
        let candidates = [stem, "world_\(stem)", "\(stem)_world"].map { String($0.prefix(lengthLimit)) }
        return candidates.first { fault(in: $0) == nil } ?? "garden"
    }
}
