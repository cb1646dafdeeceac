/// A global or static stored property, found by the function that gives its address; its name in an object file ends with `vau`.
struct GlobalVariable {
    /// Lines above the one that an object file names in which `var` or `let` may stand, where a declaration has several.
    private static let linesLimit = 4

    /// Mangled.
    let symbol: String
    let file: String
    let line: Int

    init?(_ function: ObjectDump.Reference) {
        guard function.symbol.hasPrefix("$s"), function.symbol.hasSuffix("vau"), function.line > 0 else { return nil }
        (symbol, file, line) = (function.symbol, function.file, function.line)
    }

    /// The line with `var` or `let`, and whether it is `var`.
    /// - Parameter lines: of the file.
    func declaration(_ lines: [Substring]) -> (line: Int, isVariable: Bool)? {
        for number in stride(from: min(line, lines.count), through: max(1, line - Self.linesLimit), by: -1) {
            let words = lines[number - 1].prefix { $0 != "=" }.split { !$0.isLetter }
            if words.contains("var") { return (number, true) }
            if words.contains("let") { return (number, false) }
        }
        return nil
    }

    /// Why the value that a constant names can change, from the tree that `swift-demangle -tree-only` prints; nil where it cannot.
    ///
    /// A class of the author's and a pointer lead to memory that is shared. Classes of the standard library that constants hold, as key paths, do not change.
    static func whatChanges(_ tree: [Substring]) -> String? {
        guard let first = tree.firstIndex(where: { $0.hasPrefix("      kind=Type") }) else { return nil }
        let type = tree[(first + 1)...].prefix { $0.hasPrefix("       ") }
        for (index, node) in zip(type.indices, type) where node.contains("kind=Class") || node.contains("kind=Structure") {
            guard let module = text(tree, index + 1), let name = name(tree, index + 2) else { continue }
            if node.contains("kind=Class"), module != "Swift" { return "the class \(name)" }
            if module == "Synchronization" { return name }
            if module == "Swift", name.hasPrefix("Unsafe"), name.contains("Mutable") { return name }
        }
        return nil
    }

    /// Of a type; a private one has its file's mark before its name.
    private static func name(_ tree: [Substring], _ index: Int) -> String? {
        guard index < tree.count else { return nil }
        return text(tree, tree[index].contains("kind=PrivateDeclName") ? index + 2 : index)
    }

    /// Of `kind=Identifier, text="Counter"`
    private static func text(_ tree: [Substring], _ index: Int) -> String? {
        guard index < tree.count, let start = tree[index].firstIndex(of: "\""), let end = tree[index].lastIndex(of: "\""), start < end else { return nil }
        return String(tree[index][tree[index].index(after: start)..<end])
    }
}
