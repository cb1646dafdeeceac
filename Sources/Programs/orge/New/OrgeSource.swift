import OrgeSystem

/// Where a new package finds Orge: sources in a folder, or a git repository.
struct OrgeSource: Equatable {
    /// The entry of the manifest's `dependencies`.
    let dependency: String
    /// What the manifest calls Orge's package.
    let package: String
    /// For people.
    let place: String

    /// - Parameter option: of `--orge`; nil for the sources that this program was built from.
    init(option: String?) throws {
        switch option {
        case nil: self = try OrgeSource(builtFrom: Self.sourcesAtBuild)
        case let text? where Self.isURL(text): self = try OrgeSource(url: text)
        case let path?: self = try OrgeSource(folder: path)
        }
    }

    /// Five components above this file.
    private static var sourcesAtBuild: String { "/" + String(#filePath).split(separator: "/").dropLast(5).joined(separator: "/") }

    init(builtFrom folder: String) throws {
        guard Self.isOrge(folder) else {
            throw CommandFailure(
                "the sources that this orge was built from are not in \(folder) any more", remedy: "Say where Orge's sources are: --orge PATH, or --orge URL")
        }
        self.init(path: folder)
    }

    init(folder: String) throws {
        guard !folder.isEmpty else { throw CommandFailure("--orge names nothing", remedy: Self.sourcesRemedy) }
        guard isFolder(folder) else { throw CommandFailure("there is no folder \(folder)", remedy: Self.sourcesRemedy) }
        guard Self.isOrge(folder) else { throw CommandFailure("\(folder) does not hold Orge's sources", remedy: Self.sourcesRemedy) }
        // The manifest's paths begin in the new package's folder.
        self.init(path: folder.hasPrefix("/") ? folder : "../\(folder)", place: try absolutePath(folder))
    }

    static let sourcesRemedy = "Name the folder with Orge's Package.swift, or the URL of a git repository of Orge."

    private init(path: String, place: String? = nil) {
        // The package is called by its name: a folder may have any.
        self.init(dependency: ".package(name: \"orge\", path: \(path.debugDescription), traits: [])", package: "orge", place: place ?? path)
    }

    init(dependency: String, package: String, place: String) { (self.dependency, self.package, self.place) = (dependency, package, place) }

    /// Whether the folder has an Orge that a new world can be built from: its name and the trait that a world turns off.
    private static func isOrge(_ folder: String) -> Bool {
        guard let bytes = try? Folder(folder).read("Package.swift", limit: manifestLimit) else { return false }
        let manifest = String(decoding: bytes, as: UTF8.self)
        return manifest.contains("name: \"orge\"") && manifest.contains(".trait(name: \"Server\"")
    }

    /// Bytes: a hundred times Orge's own.
    private static let manifestLimit = 1 << 20
}
