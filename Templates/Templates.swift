/// Packages that `orge` makes, built into the executable.
///
/// The Swift files of `World` are compiled and tested as targets of this package too (`orge_new`, `orge_newTests` in Package.swift), so that what
/// a newcomer gets is known to work.
package enum Templates {
    package struct File: Sendable {
        /// Below the package's folder.
        package var path: String
        package var text: String

        init(_ path: String, _ bytes: [UInt8]) { (self.path, text) = (path, String(decoding: bytes, as: UTF8.self)) }
    }

    /// The package of a world. Its names stand for others: ``worldModule``, ``worldType`` and ``worldName``; words in double braces are filled in.
    package static let world = [
        File("Package.swift", PackageResources.Package_swift_template),
        File("Sources/\(worldModule)/World.swift", PackageResources.World_swift),
        File("Sources/\(worldModule)/Main.swift", PackageResources.Main_swift),
        File("Tests/\(worldModule)Tests/WorldTests.swift", PackageResources.WorldTests_swift),
        File("README.md", PackageResources.README_md_template),
        File("Makefile", PackageResources.Makefile_template),
        File(".gitignore", PackageResources.gitignore_template),
    ]

    /// The names of package, product and module.
    package static let worldModule = "orge_new"
    /// The name of the type that is the world.
    package static let worldType = "OrgeNewWorld"
    /// The world's name for clients.
    package static let worldName = "orge-new"
}
