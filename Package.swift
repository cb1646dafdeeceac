// swift-tools-version: 6.3
import PackageDescription

/// One set of rules for every target: what the compiler can see, it must refuse.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// OrgeWorld re-exports OrgeSchema, which re-exports OrgeBase. A module that imports one compiles code of the others into itself, and the package
/// manager compiles a target again only for changes in modules that the target names: so all of them are named here.
func withReexports(_ dependencies: [Target.Dependency]) -> [Target.Dependency] {
    var names: [String] = dependencies.compactMap { if case .byNameItem(let name, _) = $0 { name } else { nil } }
    var all = dependencies
    for (module, reexported) in [("OrgeWorld", "OrgeSchema"), ("OrgeSchema", "OrgeBase")]
    where names.contains(module) && !names.contains(reexported) {
        names.append(reexported)
        all.append(.byName(name: reexported))
    }
    return all
}

/// The three floors of `Sources`: what is pure, what touches the system, what a person starts. `make lint` holds each to its rules.
func pure(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target { module(name, dependencies, path: "Sources/Pure/\(name)") }

func shell(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target { module(name, dependencies, path: "Sources/Shell/\(name)") }

func module(_ name: String, _ dependencies: [Target.Dependency] = [], path: String) -> Target {
    .target(name: name, dependencies: withReexports(dependencies), path: path, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .testTarget(name: name, dependencies: withReexports(dependencies), resources: resources, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .executableTarget(name: name, dependencies: withReexports(dependencies), path: path, swiftSettings: strict)
}

/// A product that only a server needs. A package that turns the trait off (`traits: []`) neither fetches nor builds it.
func server(_ product: String, _ package: String) -> Target.Dependency {
    .product(name: product, package: package, condition: .when(traits: ["Server"]))
}

let package = Package(
    name: "orge",
    products: [
        .executable(name: "orge", targets: ["orge"]),
        .executable(name: "meadow", targets: ["meadow"]),
        .executable(name: "ledger", targets: ["ledger"]),
        // A world for tests, whose commands fail on demand.
        .executable(name: "faulty", targets: ["faulty"]),
        .library(name: "OrgeWorld", targets: ["OrgeWorld", "OrgeHostProcess", "OrgeSchema", "OrgeBase"]),
        // For a world's tests: no server, no socket.
        .library(name: "OrgeWorldTesting", targets: ["OrgeWorldTesting"]),
        .library(name: "OrgeClient", targets: ["OrgeClient"]),
    ],
    traits: [
        .trait(name: "Server", description: "What a server needs and a world does not: NIO, the argument parser, the reader of settings."),
        .default(enabledTraits: ["Server"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // Without its JSON reader, which needs all of Foundation: docs/decisions/0007-one-configuration.md.
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        // Pure: values in, values out.
        pure("OrgeBase"),
        pure("OrgeSchema", ["OrgeBase"]),
        pure("OrgeImage", ["OrgeSchema"]),
        pure("OrgeWorld", ["OrgeSchema", "OrgeImage"]),
        pure("OrgeWire", ["OrgeSchema"]),
        pure("OrgeSession", ["OrgeSchema", "OrgeWire"]),
        pure("OrgeReplication", ["OrgeSchema", "OrgeWire"]),
        pure("OrgeLink", ["OrgeSchema"]),
        pure("OrgeJournal", ["OrgeSchema", "OrgeImage"]),
        pure("OrgeHost", ["OrgeSchema", "OrgeImage", "OrgeWorld", "OrgeLink", "OrgeJournal", "OrgeControl"]),
        pure("OrgeEdge", ["OrgeSchema", "OrgeWire", "OrgeSession", "OrgeReplication", "OrgeLink"]),
        pure("OrgeControl", ["OrgeSchema"]),
        pure("OrgeSupervisor", ["OrgeControl"]),
        pure("OrgeTerminal", ["OrgeSchema", "OrgeSession", "OrgeWire"]),

        // Shells: processes, files, sockets.
        .target(name: "COrgeSystem", path: "Sources/Shell/COrgeSystem"),
        // Debian's libzstd-dev, for `orge` alone: no world's executable is to need a library.
        .systemLibrary(name: "CZstd", path: "Sources/Shell/CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        shell("OrgeSystem", ["COrgeSystem", "OrgeBase"]),
        shell("OrgeJournalFiles", ["OrgeJournal", "OrgeSystem"]),
        shell(
            "OrgeHostProcess",
            [
                "OrgeSchema", "OrgeImage", "OrgeWorld", "OrgeHost", "OrgeLink", "OrgeJournal", "OrgeJournalFiles", "OrgeControl", "OrgeSystem",
            ]),
        // Worlds in tests. Of the package's modules only pure ones, so that a world's tests build as little as the world.
        shell(
            "OrgeWorldTesting",
            ["OrgeSchema", "OrgeImage", "OrgeWorld", "OrgeHost", "OrgeLink", "OrgeJournal", "OrgeReplication", "OrgeSystem"]),
        .target(
            name: "OrgeWebPage", path: "Clients/web", exclude: ["package.json"], sources: ["WebPage.swift"],
            resources: [.embedInCode("index.html"), .embedInCode("style.css"), .embedInCode("icon.svg"), .embedInCode("client"), .embedInCode("page")],
            swiftSettings: strict),
        // What `orge new` makes. The Swift files of the template are targets of their own: compiled, and tested.
        .target(
            name: "OrgeTemplates", path: "Templates", sources: ["Templates.swift"], resources: [.embedInCode("World")], swiftSettings: strict),
        .executableTarget(
            name: "orge_new", dependencies: withReexports(["OrgeWorld", "OrgeHostProcess"]), path: "Templates/World/Sources/orge_new"),
        .testTarget(
            name: "orge_newTests", dependencies: withReexports(["orge_new", "OrgeWorld", "OrgeWorldTesting"]),
            path: "Templates/World/Tests/orge_newTests"),
        shell(
            "OrgeEdgeServer",
            [
                "OrgeControl", "OrgeEdge", "OrgeSchema", "OrgeSession", "OrgeWire", "OrgeSystem", "OrgeWebPage",
                server("NIOCore", "swift-nio"),
                server("NIOPosix", "swift-nio"), server("NIOHTTP1", "swift-nio"),
                server("NIOWebSocket", "swift-nio"),
            ]),
        shell(
            "OrgeClient",
            ["OrgeSession", "OrgeWire", "OrgeSchema", server("NIOCore", "swift-nio"), server("NIOPosix", "swift-nio")]),

        // Programs: what a person starts.
        .executableTarget(
            name: "orge",
            dependencies: withReexports([
                "CZstd", "OrgeSystem", "OrgeControl", "OrgeSupervisor", "OrgeEdge", "OrgeEdgeServer", "OrgeClient", "OrgeImage", "OrgeJournal",
                "OrgeJournalFiles", "OrgeSession", "OrgeTerminal", "OrgeWire", "OrgeSchema", "OrgeTemplates",
                server("NIOCore", "swift-nio"),
                server("NIOPosix", "swift-nio"), server("ArgumentParser", "swift-argument-parser"),
                server("Configuration", "swift-configuration"),
            ]),
            path: "Sources/Programs/orge", swiftSettings: strict),

        // Worlds: a library and a three-line main each.
        module("LedgerWorld", ["OrgeWorld"], path: "Worlds/Ledger/LedgerWorld"),
        module("MeadowWorld", ["OrgeWorld"], path: "Worlds/Meadow/MeadowWorld"),
        module("EchoWorld", ["OrgeWorld"], path: "Worlds/Echo/EchoWorld"),
        program("ledger", ["LedgerWorld", "OrgeHostProcess"], path: "Worlds/Ledger/Main"),
        program("meadow", ["MeadowWorld", "OrgeHostProcess"], path: "Worlds/Meadow/Main"),
        program("echo-world", ["EchoWorld", "OrgeHostProcess"], path: "Worlds/Echo/Main"),

        // Measurements and tests.
        module("OrgeTestSupport", ["OrgeSchema", "OrgeSystem"], path: "Tests/OrgeTestSupport"),
        module("OrgeSimulatedDisk", ["OrgeSchema", "OrgeJournal"], path: "Tests/OrgeSimulatedDisk"),
        module(
            "OrgeUniverse",
            [
                "OrgeSchema", "OrgeImage", "OrgeWorld", "OrgeWire", "OrgeSession", "OrgeLink", "OrgeJournal", "OrgeHost", "OrgeEdge", "OrgeControl",
                "OrgeSupervisor", "OrgeSimulatedDisk", "OrgeTestSupport", "LedgerWorld", "MeadowWorld",
            ], path: "Tests/OrgeUniverse"),
        program("orge-universe", ["OrgeUniverse"], path: "Tests/OrgeUniverseRunner"),
        tests("OrgeUniverseTests", ["OrgeHost", "OrgeImage", "OrgeSchema", "OrgeUniverse", "OrgeWorld"]),
        program("orge-bench", ["OrgeImage", "OrgeWorld", "OrgeHost", "OrgeLink", "LedgerWorld"], path: "Benchmarks/OrgeBench"),
        program("bank-world", ["OrgeWorld", "OrgeHostProcess"], path: "Benchmarks/BankWorld"),
        module("CrowdWorld", ["OrgeWorld"], path: "Benchmarks/CrowdWorlds/CrowdWorld"),
        program("crowd-world", ["CrowdWorld", "OrgeHostProcess"], path: "Benchmarks/CrowdWorlds/Thousands10"),
        program("crowd-100k-world", ["CrowdWorld", "OrgeHostProcess"], path: "Benchmarks/CrowdWorlds/Thousands100"),
        program("crowd-1m-world", ["CrowdWorld", "OrgeHostProcess"], path: "Benchmarks/CrowdWorlds/Million"),
        program("control-worlds", ["OrgeWorld"], path: "Tests/ControlWorlds"),
        program("faulty-worlds", ["OrgeWorld", "OrgeHostProcess"], path: "Tests/FaultyWorlds"),
        // Worlds with one mistake each, for `orge check`.
        program("wrong-worlds", ["OrgeWorld", "OrgeHostProcess"], path: "Tests/WrongWorlds"),
        program("unlisted-parts", ["OrgeWorld", "OrgeHostProcess"], path: "Tests/UnlistedParts"),
        program("faulty", ["OrgeWorld", "OrgeHostProcess"], path: "Tests/FaultyTally"),
        // One world in three versions: as it was first, mended, and with another schema.
        program("changing", ["OrgeWorld", "OrgeHostProcess"], path: "Tests/ChangingWorld/First"),
        program("changing-mended", ["OrgeWorld", "OrgeHostProcess"], path: "Tests/ChangingWorld/Mended"),
        program("changing-wider", ["OrgeWorld", "OrgeHostProcess"], path: "Tests/ChangingWorld/Wider"),
        // One world in three versions, each of which migrates the data of those before it.
        program("tally-1", ["OrgeWorld", "OrgeHostProcess"], path: "Tests/TallyWorlds/One"),
        program("tally-2", ["OrgeWorld", "OrgeHostProcess"], path: "Tests/TallyWorlds/Two"),
        // The same, failing at it in ways that the name of the file says.
        program("tally-bad", ["OrgeWorld", "OrgeHostProcess"], path: "Tests/TallyWorlds/Bad"),
        program("tally-3", ["OrgeWorld", "OrgeHostProcess"], path: "Tests/TallyWorlds/Three"),
        program("kinds-world", ["OrgeWorld", "OrgeHostProcess"], path: "Tests/KindsWorld"),
        module("OrgeFuzz", ["OrgeSchema", "OrgeWire", "OrgeSession", "OrgeLink", "OrgeHost", "OrgeEdge", "OrgeControl"], path: "Fuzz/OrgeFuzz"),
        program("orge-fuzz", ["OrgeFuzz"], path: "Fuzz/orge-fuzz"),
        program("FakeChild", ["OrgeSystem", "OrgeControl"], path: "Tests/FakeChild"),
        tests("OrgeSchemaTests", ["OrgeSchema", "OrgeTestSupport"]),
        tests("OrgeImageTests", ["OrgeImage", "OrgeSchema"]),
        tests("OrgeWireTests", ["OrgeSchema", "OrgeTestSupport", "OrgeWire", "OrgeWorld", "LedgerWorld"]),
        tests("OrgeWorldTests", ["OrgeImage", "OrgeSchema", "OrgeWorld", "OrgeWorldTesting"]),
        tests(
            "OrgeWorldTestingTests",
            [
                "OrgeSchema", "OrgeWorld", "OrgeWorldTesting", "EchoWorld", "LedgerWorld", "MeadowWorld", "changing", "changing-mended", "changing-wider",
                "control-worlds", "faulty", "faulty-worlds", "kinds-world", "tally-1", "tally-2", "tally-3",
            ]),
        tests("OrgeSessionTests", ["OrgeSchema", "OrgeTestSupport", "OrgeWire", "OrgeSession"]),
        tests("OrgeLinkTests", ["OrgeLink", "OrgeSchema"]),
        tests("OrgeReplicationTests", ["OrgeReplication", "OrgeSchema", "OrgeWire"]),
        tests("OrgeJournalTests", ["OrgeImage", "OrgeJournal", "OrgeJournalFiles", "OrgeSchema", "OrgeSimulatedDisk"]),
        tests(
            "OrgeHostTests",
            [
                "OrgeControl", "OrgeImage", "OrgeHost", "OrgeJournal", "OrgeLink", "OrgeSchema", "OrgeSimulatedDisk", "OrgeTestSupport", "OrgeWorld",
                "OrgeWorldTesting",
            ]),
        tests(
            "OrgeHostProcessTests",
            [
                "OrgeHostProcess", "OrgeControl", "OrgeHost", "OrgeImage", "OrgeJournal", "OrgeJournalFiles", "OrgeLink", "OrgeSchema", "OrgeSimulatedDisk",
                "OrgeSystem",
                "OrgeWorld", "LedgerWorld", "ledger", "meadow",
            ]),
        tests("OrgeEdgeTests", ["OrgeEdge", "OrgeSchema", "OrgeWire", "OrgeSession", "OrgeReplication", "OrgeLink"]),
        tests(
            "OrgeLifeTests",
            [
                "OrgeSchema", "OrgeImage", "OrgeWorld", "OrgeWire", "OrgeSession", "OrgeLink", "OrgeJournal", "OrgeHost", "OrgeEdge", "OrgeSystem",
                "OrgeClient", "OrgeSimulatedDisk", "OrgeTestSupport", "LedgerWorld", "MeadowWorld",
                "orge",
                "ledger",
                "meadow",
            ]),
        tests(
            "OrgeEdgeServerTests",
            ["OrgeEdgeServer", "OrgeSystem", server("NIOCore", "swift-nio"), server("NIOPosix", "swift-nio")]),
        tests("OrgeControlTests", ["OrgeControl", "OrgeSchema"]),
        tests("OrgeSupervisorTests", ["OrgeSupervisor", "OrgeControl", "OrgeSchema"]),
        tests("OrgeTerminalTests", ["OrgeTerminal", "OrgeSession", "OrgeSchema", "OrgeTestSupport", "OrgeWire"]),
        tests("OrgeFuzzTests", ["OrgeFuzz"]),
        tests("OrgeSystemTests", ["OrgeSystem"]),
        tests(
            "OrgeServeTests",
            [
                "OrgeBase", "OrgeSchema", "OrgeSystem", "OrgeTemplates", "OrgeTestSupport", "orge", "FakeChild",
                server("ArgumentParser", "swift-argument-parser"),
            ]),
    ]
)
