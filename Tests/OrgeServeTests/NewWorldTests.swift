import Foundation
import OrgeTemplates
import Testing

@testable import orge

@Suite("orge new: names") struct NewWorldNameTests {
    @Test(
        "A name gives the module, the type and the world their names",
        arguments: [
            ("garden", "GardenWorld", "garden"), ("Garden", "GardenWorld", "garden"), ("my_world", "MyWorld", "my_world"), ("world", "WorldWorld", "world"),
            ("a", "AWorld", "a"), ("a1__b_", "A1BWorld", "a1__b_"), ("skyWorld", "SkyWorld", "skyworld"), ("actor", "ActorWorld", "actor"),
            (String(repeating: "x", count: 32), "X" + String(repeating: "x", count: 31) + "World", String(repeating: "x", count: 32)),
        ])
    func derived(text: String, type: String, world: String) throws {
        let name = try NewWorldName(text)
        #expect(name.module == text && name.type == type && name.world == world)
    }

    @Test(
        "A name that cannot be one is refused in one line, with one that can",
        arguments: [
            ("", "a world needs a name"), ("1up", "\"1up\" is no name of a Swift module"), ("my-world", "\"my-world\" is no name of a Swift module"),
            ("Ünï", "no name of a Swift module"), ("a b", "no name of a Swift module"), ("../a", "no name of a Swift module"),
            ("_x", "no name of a Swift module"),
            ("a\u{0}", "no name of a Swift module"), ("a\n", "no name of a Swift module"), ("--", "no name of a Swift module"),
            (String(repeating: "x", count: 33), "has 33 characters"), ("class", "a keyword of Swift"), ("Self", "a keyword of Swift"),
            ("Swift", "a module of Swift"), ("foundation", "a module of Swift"), ("Testing", "a module of Swift"), ("main", "a module of Swift"),
            ("OrgeWorld", "Orge keeps to itself"), ("orge", "Orge keeps to itself"), ("orge_new", "Orge keeps to itself"), ("Meadow", "a module of Orge"),
            ("test", "a type TestWorld"), ("Test_world", "a type TestWorld"),
        ])
    func refused(text: String, reason: String) throws {
        let failure = try #require(throws: CommandFailure.self) { try NewWorldName(text) }
        #expect(failure.cause.contains(reason) && !failure.cause.contains("\n"))
        let remedy = try #require(failure.remedy)
        let other = try #require(remedy.split(separator: " ").last)
        #expect(remedy.hasPrefix("Such as: orge new "))
        #expect(throws: Never.self) { try NewWorldName(String(other)) }
    }

    @Test("Every keyword is refused, and every module of this package")
    func taken() throws {
        for keyword in TakenNames.keywords { #expect(TakenNames.owner(of: keyword) == "a keyword of Swift") }
        let manifest = try String(contentsOfFile: repositoryPath("Package.swift"), encoding: .utf8)
        let declared = manifest.matches(
            of: /(?:pure|shell|module|program)\(\s*"([A-Za-z_]+)"|arget\(\s*name: "([A-Za-z_]+)"|systemLibrary\(name: "([A-Za-z_]+)"/)
        let modules = declared.compactMap { $0.1 ?? $0.2 ?? $0.3 }.map(String.init)
        #expect(modules.count > 35 && modules.contains("OrgeWorld") && modules.contains("FakeChild") && modules.contains("CZstd") && modules.contains("orge"))
        for module in modules { #expect(TakenNames.owner(of: module) != nil, "\(module)") }
    }
}

@Suite("orge new: where Orge is") struct OrgeSourceTests {
    @Test("Without --orge it is the sources that the program was built from")
    func built() throws {
        let source = try OrgeSource(option: nil)
        #expect(source.dependency == ".package(name: \"orge\", path: \"\(repositoryPath())\", traits: [])")
        #expect(source.package == "orge" && source.place == repositoryPath())
    }

    @Test("Sources that have moved are told in one line, with the remedy")
    func moved() throws {
        let failure = try #require(throws: CommandFailure.self) { try OrgeSource(builtFrom: "/nowhere/orge") }
        #expect(failure.cause == "the sources that this orge was built from are not in /nowhere/orge any more")
        #expect(failure.remedy?.contains("--orge PATH") == true)
    }

    @Test("A folder is named as the manifest needs it: an absolute one as it is, a relative one from the package's folder")
    func folders() throws {
        let root = repositoryPath()
        #expect(try OrgeSource(option: root).dependency.contains("path: \"\(root)\""))
        let up = FileManager.default.currentDirectoryPath.split(separator: "/").map { _ in ".." }.joined(separator: "/")
        let relative = try OrgeSource(option: up + root)
        #expect(relative.dependency == ".package(name: \"orge\", path: \"../\(up)\(root)\", traits: [])")
    }

    @Test("A folder without Orge is refused", arguments: ["/nowhere", "/", "Tests", ""])
    func noOrge(folder: String) throws {
        let failure = try #require(throws: CommandFailure.self) { try OrgeSource(option: folder) }
        #expect(failure.remedy == OrgeSource.sourcesRemedy)
    }

    @Test(
        "URLs are told from folders, and packages are called as the package manager calls them",
        arguments: [
            ("https://example.org/x/Orge.git", true, "orge"), ("file:///srv/clone", true, "clone"), ("git@example.org:me/orge.git", true, "orge"),
            ("git@example.org:orge", true, "orge"), ("../orge", false, ""), ("/srv/a@b:c", false, ""), ("C:x", false, ""),
        ])
    func urls(text: String, isURL: Bool, identity: String) {
        #expect(OrgeSource.isURL(text) == isURL)
        if isURL { #expect(OrgeSource.identity(of: text) == identity) }
    }

    private let listing = """
        ref: refs/heads/trunk\tHEAD
        1111111111111111111111111111111111111111\tHEAD
        1111111111111111111111111111111111111111\trefs/heads/trunk
        2222222222222222222222222222222222222222\trefs/heads/side/way
        3333333333333333333333333333333333333333\trefs/tags/0.1.0
        4444444444444444444444444444444444444444\trefs/tags/0.1.0^{}
        5555555555555555555555555555555555555555\trefs/tags/v2.0.1
        5555555555555555555555555555555555555555\trefs/tags/nightly
        """

    @Test("Of a repository the tag of this version is asked for, else the default branch; a reference asks for another commit")
    func requirements() throws {
        let refs = RemoteRefs("URL", listing: listing)
        #expect(refs.branches == ["trunk", "side/way"] && refs.tags == ["0.1.0", "v2.0.1", "nightly"])
        #expect(try refs.requirement(forVersion: "0.1.0").text == ".upToNextMinor(from: \"0.1.0\")")
        #expect(try refs.requirement(forVersion: "2.0.1").text == ".upToNextMinor(from: \"2.0.1\")")
        #expect(try refs.requirement(forVersion: "0.2.0").text == "branch: \"trunk\"")
        #expect(try refs.requirement(for: "side/way").text == "branch: \"side/way\"")
        #expect(try refs.requirement(for: "v2.0.1").text == "exact: \"2.0.1\"")
        #expect(try refs.requirement(for: String(repeating: "0a", count: 20)).text == "revision: \"\(String(repeating: "0a", count: 20))\"")
        for ref in ["nightly", "", "0.1", "trun"] {
            let failure = try #require(throws: CommandFailure.self) { try refs.requirement(for: ref) }
            #expect(failure.remedy?.hasPrefix("It has: trunk, side/way, 0.1.0, v2.0.1.") == true)
        }
        #expect(throws: CommandFailure.self) { try RemoteRefs("URL", listing: "").requirement(forVersion: "0.1.0") }
    }
}

@Suite("orge new: the package") struct NewPackageTests {
    private func package(_ name: String, path: String = "/srv/orge", program: String = "/srv/orge/.build/orge") throws -> [String: String] {
        let source = OrgeSource(dependency: ".package(name: \"orge\", path: \(path.debugDescription), traits: [])", package: "orge", place: path)
        let files = NewPackage(try NewWorldName(name), source, program: program).files
        return Dictionary(uniqueKeysWithValues: files.map { ($0.path, $0.text) })
    }

    @Test("Every name of the template is replaced, in paths and texts, also by a name that holds one")
    func names() throws {
        for name in ["garden", "my_orge_new_x"] {
            let files = try package(name)
            #expect(
                Set(files.keys) == [
                    "Package.swift", "Sources/\(name)/World.swift", "Sources/\(name)/Main.swift", "Tests/\(name)Tests/WorldTests.swift", "README.md",
                    "Makefile",
                    ".gitignore",
                ])
            for (path, text) in files {
                let rest = text.replacing(name, with: "")
                #expect(!rest.contains("orge_new") && !rest.contains("orge-new") && !rest.contains("OrgeNewWorld") && !rest.contains("{{"), "\(path)")
            }
            let world = try #require(files["Sources/\(name)/World.swift"])
            #expect(world.contains("enum \(try NewWorldName(name).type): World {\n    static let name = \"\(name)\"\n"))
        }
    }

    @Test("A path with quotes, backslashes and the template's own words is a literal of the manifest, and stays out of the Makefile")
    func paths() throws {
        let path = #"/srv/a "b" \(c)/orge_new"#
        let files = try package("garden", path: path, program: path)
        #expect(try #require(files["Package.swift"]).contains(#"path: "/srv/a \"b\" \\(c)/orge_new", traits"#))
        #expect(try #require(files["Makefile"]).contains("command -v orge || echo orge)"))
        #expect(try #require(package("garden", program: "/srv/my orge/orge")["Makefile"]).contains("|| echo '/srv/my orge/orge')"))
    }

    @Test("Every file below the template's folder is in the package, and the list has no other")
    func whole() throws {
        let folder = repositoryPath("Templates/World")
        let found = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { path in
            try FileManager.default.attributesOfItem(atPath: "\(folder)/\(path)")[.type] as? FileAttributeType == .typeRegular
        }
        let named = found.map { $0.replacing(".template", with: "").replacing("gitignore", with: ".gitignore") }
        #expect(Set(named) == Set(Templates.world.map(\.path)))
        for (path, name) in zip(found, named) {
            #expect(try String(contentsOfFile: "\(folder)/\(path)", encoding: .utf8) == Templates.world.first { $0.path == name }?.text, "\(path)")
        }
    }
}

private func repositoryPath(_ path: String = "") -> String {
    "/" + String(#filePath).split(separator: "/").dropLast(3).joined(separator: "/") + (path.isEmpty ? "" : "/\(path)")
}
