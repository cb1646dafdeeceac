/// Which files are an author's, and how they are named in findings.
struct AuthorSources {
    /// Absolute, without links, of the package; nil where only an executable is known.
    var folder: String?
    /// Absolute paths of the files of the author's targets. Empty where only an executable is known: then each file that is not Orge's or Swift's is.
    var files: [String] = []
    /// The author's modules. A shared one is linked by another world of the package too.
    var modules: [(name: String, files: [String], isShared: Bool)] = []

    /// Whether a file is the author's.
    /// - Parameter path: absolute.
    func contains(_ path: String) -> Bool { folder == nil ? !Self.isOrges(path) : files.contains(path) }

    /// - Parameter path: absolute.
    func place(_ path: String, _ line: Int) -> Finding.Place { Finding.Place(file: name(path), line: line) }

    /// What `#fileID` names: a module and a file's last name.
    func place(fileID: String, _ line: Int) -> Finding.Place {
        let parts = fileID.split(separator: "/")
        let found = modules.first { $0.name == parts[0] }?.files.first { $0.hasSuffix("/\(parts[parts.count - 1])") }
        return Finding.Place(file: found.map(name) ?? fileID, line: line)
    }

    private func name(_ path: String) -> String {
        guard let folder, path.hasPrefix(folder + "/") else { return path }
        return String(path.dropFirst(folder.utf8.count + 1))
    }

    /// Frames of Orge and of the standard library, whose folders lie as in their repositories.
    private static func isOrges(_ path: String) -> Bool {
        ["/Sources/Pure/Orge", "/Sources/Shell/Orge", "/stdlib/public/", "/swift-compiler", "<compiler-generated>"].contains { path.contains($0) }
    }
}
