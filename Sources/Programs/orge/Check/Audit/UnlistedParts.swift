/// Finds what an author wrote as a part of a world and did not list among its `parts`. Only its object file shows that such a type exists.
struct UnlistedParts {
    /// An author's type that conforms to a protocol of OrgeWorld.
    struct Conformance: Equatable {
        /// The module and the names that lead to the type, the outermost first.
        var path: [String]
        /// As `Command`.
        var role: String

        /// - Parameter description: of a conformance descriptor, as `swift-demangle` prints it. Nil for protocols of other modules, and for types that no
        ///   list of parts can name: generic ones, and those inside functions.
        init?(_ description: Substring) {
            guard description.hasPrefix(Self.start), let role = description.firstRange(of: Self.mark) else { return nil }
            guard let path = typePath(description[..<role.lowerBound].dropFirst(Self.start.count)) else { return nil }
            self.path = path
            self.role = String(description[role.upperBound...].prefix { $0 != " " })
        }

        private static let start = "protocol conformance descriptor for "
        private static let mark = " : OrgeWorld."
    }

    /// A part that is missing, and the world that lacks it.
    struct Missing: Equatable {
        var path: [String]
        var role: String
        var world: String

        var name: String { path.dropFirst().joined(separator: ".") }

        var message: String {
            "\(name) is \("AEIOU".contains(role.prefix(1)) ? "an" : "a") \(role) and not among the parts of \(world): add \(name).self to `parts`"
        }
    }

    /// The roles of parts. An intent is a component too, and is told as an intent.
    private static let roles = ["Command", "Intent", "Event", "System", "Component"]

    /// - Parameters:
    ///   - conformances: of all of the author's modules that the program links.
    ///   - modules: those that no other world of the package links: a type of the others may be a part of another world.
    ///   - listed: the types that the world's declaration names, as `String(reflecting:)` writes them.
    /// - Returns: nothing where the modules hold several worlds, or none: which one a type belongs to is not known.
    static func missing(_ conformances: [Conformance], in modules: [String], listed: [String]) -> [Missing] {
        let worlds = conformances.filter { $0.role == "World" }
        guard worlds.count == 1, let world = worlds[0].path.last else { return [] }
        let known = listed.compactMap { typePath(Substring($0)) }
        var missing: [Missing] = []
        for role in roles {
            for type in conformances where type.role == role && modules.contains(type.path[0]) && !known.contains(type.path) {
                if !missing.contains(where: { $0.path == type.path }) { missing.append(Missing(path: type.path, role: role, world: world)) }
            }
        }
        return missing
    }
}

/// The module and names of a type, without the marks that a private type has: `tally.(Pick in _5F1C)` as `swift-demangle` prints it, and
/// `tally.(unknown context at $5580).Pick` as a process does.
/// - Returns: nil for a generic type, and for one inside a function or an extension of another module's type.
private func typePath(_ text: Substring) -> [String]? {
    guard !text.contains(where: { "<>#:".contains($0) }) else { return nil }
    var names: [String] = []
    for part in text.split(separator: ".") where !part.hasPrefix("(unknown context at ") {
        guard let name = part.drop(while: { $0 == "(" }).split(separator: " ").first else { return nil }
        names.append(String(name))
    }
    return names.count >= 2 ? names : nil
}
