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
        module("OrgeSchema"),
        module("OrgeWire", ["OrgeSchema"]),
        module("OrgeSession", ["OrgeSchema", "OrgeWire"]),
        tests("OrgeSchemaTests", ["OrgeSchema"]),

        // Processes and the operating system.
        .target(name: "COrgeSystem"),
        module("OrgeSystem", ["COrgeSystem"]),
        tests("OrgeSystemTests", ["OrgeSystem"]),
        module("OrgeControl", ["OrgeSchema"]),
        tests("OrgeControlTests", ["OrgeControl", "OrgeSchema"]),
        module("OrgeSupervisor", ["OrgeControl"]),
        tests("OrgeSupervisorTests", ["OrgeSupervisor", "OrgeControl", "OrgeSchema"]),
        .executableTarget(
            name: "orge",
            dependencies: [
                "OrgeSystem", "OrgeControl", "OrgeSupervisor",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .executableTarget(name: "FakeChild", dependencies: ["OrgeSystem", "OrgeControl"], path: "Tests/FakeChild", swiftSettings: strict),
        tests("OrgeServeTests", ["OrgeSystem", "orge", "FakeChild"]),
        module("OrgeLink", ["OrgeSchema"]),
        tests("OrgeLinkTests", ["OrgeLink", "OrgeSchema"]),
        module("OrgeReplication", ["OrgeSchema", "OrgeWire"]),
        tests("OrgeReplicationTests", ["OrgeReplication", "OrgeSchema", "OrgeWire"]),
        module("OrgeWorld", ["OrgeSchema"]),
        tests("OrgeWorldTests", ["OrgeWorld"]),
        tests("OrgeWireTests", ["OrgeSchema", "OrgeWire"]),
        tests("OrgeSessionTests", ["OrgeSchema", "OrgeWire", "OrgeSession"]),
        module("OrgeWorld", ["OrgeSchema"]),
        tests("OrgeWorldTests", ["OrgeWorld"]),
        .executableTarget(
            name: "orge-bench", dependencies: ["OrgeWorld", "LedgerWorld"], path: "Benchmarks/OrgeBench", swiftSettings: strict),
        .executableTarget(name: "control-worlds", dependencies: ["OrgeWorld"], path: "Tests/ControlWorlds", swiftSettings: strict),
        module("LedgerWorld", ["OrgeWorld"], path: "Worlds/Ledger/LedgerWorld"),
        module("MeadowWorld", ["OrgeWorld"], path: "Worlds/Meadow/MeadowWorld"),
        module("OrgeLink", ["OrgeSchema"]),
        tests("OrgeLinkTests", ["OrgeLink", "OrgeSchema"]),
        module("OrgeJournal", ["OrgeSchema"]),
        tests("OrgeJournalTests", ["OrgeJournal", "OrgeSchema"]),
        module("OrgeHost", ["OrgeSchema", "OrgeWorld", "OrgeLink"]),
        tests("OrgeHostTests", ["OrgeHost", "OrgeJournal", "OrgeLink", "OrgeSchema", "OrgeWorld"]),
    ]
)
