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

func module(_ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let package = Package(
    name: "orge",
    products: [
        .library(name: "OrgeSchema", targets: ["OrgeSchema"]),
        .library(name: "OrgeWorld", targets: ["OrgeWorld"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // Pure: values in, values out.
        module("OrgeSchema"),
        module("OrgeWorld", ["OrgeSchema"]),
        module("OrgeWire", ["OrgeSchema"]),
        module("OrgeSession", ["OrgeSchema", "OrgeWire"]),
        module("OrgeReplication", ["OrgeSchema", "OrgeWire"]),
        module("OrgeLink", ["OrgeSchema"]),
        module("OrgeJournal", ["OrgeSchema"]),
        module("OrgeHost", ["OrgeSchema", "OrgeWorld", "OrgeLink", "OrgeJournal"]),
        module("OrgeControl", ["OrgeSchema"]),
        module("OrgeSupervisor", ["OrgeControl"]),

        // Processes and the operating system.
        .target(name: "COrgeSystem"),
        module("OrgeSystem", ["COrgeSystem"]),
        module("OrgeHostProcess", ["OrgeSchema", "OrgeWorld", "OrgeLink", "OrgeJournal", "OrgeHost", "OrgeControl", "OrgeSystem"]),
        .executableTarget(
            name: "orge",
            dependencies: [
                "OrgeSystem", "OrgeControl", "OrgeSupervisor",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        // Worlds.
        module("LedgerWorld", ["OrgeWorld"], path: "Worlds/Ledger/LedgerWorld"),
        module("MeadowWorld", ["OrgeWorld"], path: "Worlds/Meadow/MeadowWorld"),
        .executableTarget(name: "ledger", dependencies: ["OrgeHostProcess", "LedgerWorld"], path: "Worlds/Ledger/Main", swiftSettings: strict),
        .executableTarget(name: "meadow", dependencies: ["OrgeHostProcess", "MeadowWorld"], path: "Worlds/Meadow/Main", swiftSettings: strict),

        // Measurements and tests.
        .executableTarget(
            name: "orge-bench", dependencies: ["OrgeWorld", "LedgerWorld"], path: "Benchmarks/OrgeBench", swiftSettings: strict),
        .executableTarget(name: "control-worlds", dependencies: ["OrgeWorld"], path: "Tests/ControlWorlds", swiftSettings: strict),
        .executableTarget(name: "FakeChild", dependencies: ["OrgeSystem", "OrgeControl"], path: "Tests/FakeChild", swiftSettings: strict),
        tests("OrgeSchemaTests", ["OrgeSchema"]),
        tests("OrgeWorldTests", ["OrgeWorld"]),
        tests("OrgeWireTests", ["OrgeSchema", "OrgeWire"]),
        tests("OrgeSessionTests", ["OrgeSchema", "OrgeWire", "OrgeSession"]),
        tests("OrgeLinkTests", ["OrgeLink", "OrgeSchema"]),
        tests("OrgeReplicationTests", ["OrgeReplication", "OrgeSchema", "OrgeWire"]),
        tests("OrgeJournalTests", ["OrgeJournal", "OrgeSchema"]),
        tests("OrgeHostTests", ["OrgeHost", "OrgeJournal", "OrgeLink", "OrgeSchema", "OrgeWorld"]),
        tests(
            "OrgeHostProcessTests", ["OrgeHostProcess", "OrgeControl", "OrgeHost", "OrgeLink", "OrgeSchema", "OrgeSystem", "LedgerWorld", "ledger", "meadow"]),
        tests("OrgeControlTests", ["OrgeControl", "OrgeSchema"]),
        tests("OrgeSupervisorTests", ["OrgeSupervisor", "OrgeControl", "OrgeSchema"]),
        tests("OrgeSystemTests", ["OrgeSystem"]),
        tests("OrgeServeTests", ["OrgeSystem", "orge", "FakeChild"]),
    ]
)
