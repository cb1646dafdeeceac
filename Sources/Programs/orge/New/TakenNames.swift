/// Names that a new world's module cannot have, because something else has them.
enum TakenNames {
    /// What has the name, for a sentence; nil when it is free. Apart from the keywords case does not count: not every file system tells it apart.
    static func owner(of name: String) -> String? {
        if keywords.contains(name) { return "a keyword of Swift" }
        let lowercased = name.lowercased()
        if lowercased.hasPrefix("orge") || lowercased.hasPrefix("corge") { return "a name that Orge keeps to itself" }
        if orge.contains(where: { $0.lowercased() == lowercased }) { return "a module of Orge" }
        if swift.contains(where: { $0.lowercased() == lowercased }) { return "a module of Swift" }
        return nil
    }

    /// The type of OrgeWorldTesting that a test of the new world uses.
    static let testWorld = "TestWorld"

    /// Reserved everywhere. Contextual ones, as `actor` or `some`, can be a module's name.
    static let keywords = [
        "Any", "Self", "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer", "deinit", "do", "else", "enum", "extension",
        "fallthrough", "false", "fileprivate", "for", "func", "guard", "if", "import", "in", "init", "inout", "internal", "is", "let", "nil", "operator",
        "precedencegroup", "private", "protocol", "public", "repeat", "rethrows", "return", "self", "static", "struct", "subscript", "super", "switch", "throw",
        "throws", "true", "try", "typealias", "var", "where", "while",
    ]

    /// The package's modules and programs whose names do not begin with its own. The package manager refuses two of one name, also in different packages.
    static let orge = [
        "CZstd", "CrowdWorld", "EchoWorld", "FakeChild", "LedgerWorld", "MeadowWorld", "changing", "faulty", "ledger", "meadow",
    ]

    /// Modules of the toolchain, on Linux and elsewhere; and `main`, the module of a program that says nothing else.
    static let swift = [
        "Android", "Builtin", "CDispatch", "CRT", "CompilerPluginSupport", "CoreFoundation", "Cxx", "CxxStdlib", "Darwin", "Dispatch", "DispatchIntrospection",
        "Distributed", "Foundation", "FoundationEssentials", "FoundationInternationalization", "FoundationNetworking", "FoundationXML", "Glibc", "Musl",
        "Observation", "PackageDescription", "PackagePlugin", "RegexBuilder", "Runtime", "Swift", "SwiftGlibc", "SwiftOnoneSupport", "SwiftOverlayShims",
        "SwiftShims", "Synchronization", "Testing", "WASILibc", "WinSDK", "XCTest", "main", "std", "ucrt",
    ]
}
