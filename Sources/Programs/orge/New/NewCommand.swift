import ArgumentParser
import OrgeBase

struct New: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a package with a small world, its program and its test.",
        discussion: """
            Makes the folder NAME in the current folder. The package's product, its module and the world have this name: a letter, then letters, digits \
            and _, at most 32 in all. Nothing is fetched or built.

            The package depends on Orge's sources: those that this program was built from, or the ones that --orge names, as a folder or as the URL of a \
            git repository. A relative folder stays relative in the package. Of a repository the package asks for the version of this program (and its \
            later patches) where the repository has a tag for it, and otherwise for the default branch; URL#REF asks for another branch, tag \
            or revision.

            Examples:
              orge new garden
              orge new garden --orge ../orge
              orge new garden --orge https://example.org/orge.git#main
            """
    )

    /// All words that are no option of ours, so that one that begins with a hyphen is told as what it is.
    @Argument(parsing: .allUnrecognized, help: ArgumentHelp("The name of the world and of its package.", valueName: "name"))
    var words: [String] = []

    @Option(help: ArgumentHelp("Orge's sources, instead of those that this program was built from.", valueName: "path|url"))
    var orge: String?

    func validate() throws {
        guard words.count != 1 else { return }
        if let option = words.first(where: { $0.hasPrefix("-") }) { throw ValidationError("there is no option \(option.printable)") }
        throw ValidationError(words.isEmpty ? "a world needs a name, as in: orge new garden" : "one name at a time, as in: orge new \(words[0].printable)")
    }

    func run() throws {
        let name = try NewWorldName(words[0])
        let source = try OrgeSource(option: orge)
        let package = NewPackage(name, source)
        try package.write()
        print(package.report)
    }
}
