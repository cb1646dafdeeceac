import FoundationEssentials
import OrgeBase
import OrgeSystem
import OrgeTemplates

/// The package of a new world: the template's files with its names.
struct NewPackage {
    let name: NewWorldName
    let source: OrgeSource
    let files: [Templates.File]

    /// - Parameter program: the path of this program, for the package's Makefile.
    init(_ name: NewWorldName, _ source: OrgeSource, program: String = ownPath()) {
        (self.name, self.source) = (name, source)
        let names = [(Templates.worldType, name.type), (Templates.worldModule, name.module), (Templates.worldName, name.world)]
        // After the names: a path may hold one of them.
        let blanks = [
            ("{{dependency}}", source.dependency), ("{{package}}", source.package), ("{{place}}", source.place), ("{{program}}", Self.quotedForMake(program)),
        ]
        func filled(_ text: String) -> String { (names + blanks).reduce(text) { $0.replacing($1.0, with: $1.1) } }
        files = Templates.world.map { file in
            var file = file
            file.path = names.reduce(file.path) { $0.replacing($1.0, with: $1.1) }
            file.text = filled(file.text)
            return file
        }
    }

    /// Writes all files, or none: they are written into a folder beside, which then gets the package's name.
    func write() throws {
        let folder = name.module
        guard !PlainFiles.exists(folder) else {
            throw CommandFailure("there is \(folder) already in this folder", remedy: "Choose another name, or make the world in another folder.")
        }
        let unfinished = ".\(folder)-\(try unguessableBytes(count: 4).hexadecimal)"
        do {
            try PlainFiles.makeFolder(unfinished)
            for file in files { try PlainFiles.write(file.text, to: "\(unfinished)/\(file.path)") }
            try PlainFiles.rename(unfinished, to: folder)
        } catch {
            // Made by this run, under a name that no other has.
            try? FileManager.default.removeItem(atPath: unfinished)
            throw CommandFailure(
                "the folder \(folder) cannot be made here: \(error.reason)", remedy: "Go to a folder in which you may write, with room on its disk.")
        }
    }

    /// What was made, and what to do next.
    var report: String {
        let folder = name.module
        let made = [
            ["  \(folder)/Sources/\(folder)/World.swift", "the world"], ["  \(folder)/Sources/\(folder)/Main.swift", "its program"],
            ["  \(folder)/Tests/\(folder)Tests/WorldTests.swift", "its tests"], ["  \(folder)/README.md", "how to go on"],
        ]
        let next = [
            ["  cd \(folder)", ""], ["  make run", "# build it (minutes at first), serve it, print the URL of its page"],
            ["  make test", "# test it, without a server"],
        ]
        return (["Made \(folder), with Orge from \(source.place):"] + TextTable.aligned(made) + ["Next:"] + TextTable.aligned(next)).joined(separator: "\n")
    }

    /// A word of a shell command in a Makefile. A path that holds what make or the shell would interpret is left out: then PATH has to have the program.
    private static func quotedForMake(_ path: String) -> String {
        func isPlain(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x80...: true
            default: Array("+-.,:_/@ ".utf8).contains(byte)
            }
        }
        return path.utf8.allSatisfy(isPlain) ? "'\(path)'" : "orge"
    }
}

/// The path of this program's executable; its name alone where the system does not tell.
func ownPath() -> String { (try? absolutePath("/proc/self/exe")) ?? "orge" }
