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
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        // Pure: values in, values out.
        module("OrgeSchema"),
        module("OrgeWorld", ["OrgeSchema"]),
        module("OrgeWire", ["OrgeSchema"]),
        module("OrgeSession", ["OrgeSchema", "OrgeWire"]),
        tests("OrgeSchemaTests", ["OrgeSchema"]),
        module("OrgeLink", ["OrgeSchema"]),
        tests("OrgeLinkTests", ["OrgeLink", "OrgeSchema"]),
        module("OrgeReplication", ["OrgeSchema", "OrgeWire"]),
        tests("OrgeReplicationTests", ["OrgeReplication", "OrgeSchema", "OrgeWire"]),
        module("OrgeWorld", ["OrgeSchema"]),
        tests("OrgeWorldTests", ["OrgeWorld"]),
        .executableTarget(
            name: "orge-bench", dependencies: ["OrgeWorld", "LedgerWorld"], path: "Benchmarks/OrgeBench", swiftSettings: strict),
        module("LedgerWorld", ["OrgeWorld"], path: "Worlds/Ledger/LedgerWorld"),
        module("MeadowWorld", ["OrgeWorld"], path: "Worlds/Meadow/MeadowWorld"),
        module("OrgeReplication", ["OrgeSchema", "OrgeWire"]),
        module("OrgeLink", ["OrgeSchema"]),
        module("OrgeJournal", ["OrgeSchema"]),
        module("OrgeHost", ["OrgeSchema", "OrgeWorld", "OrgeLink"]),
        module("OrgeControl", ["OrgeSchema"]),
        module("OrgeSupervisor", ["OrgeControl"]),

        // Processes and the operating system.
        .target(name: "COrgeSystem"),
        module("OrgeSystem", ["COrgeSystem"]),
        module("OrgeControl", ["OrgeSchema"]),
        tests("OrgeControlTests", ["OrgeControl", "OrgeSchema"]),
        module("OrgeSupervisor", ["OrgeControl"]),
        tests("OrgeSupervisorTests", ["OrgeSupervisor", "OrgeControl", "OrgeSchema"]),
        .target(
            name: "OrgeWebPage", path: "Clients/web", sources: ["WebPage.swift"], resources: [.embedInCode("index.html"), .embedInCode("orge.js")],
            swiftSettings: strict),
        module(
            "OrgeEdgeServer",
            [
                "OrgeControl", "OrgeEdge", "OrgeLink", "OrgeSystem", "OrgeWebPage",
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOWebSocket", package: "swift-nio"),
            ]),
        tests("OrgeWireTests", ["OrgeSchema", "OrgeWire"]),
        tests("OrgeSessionTests", ["OrgeSchema", "OrgeWire", "OrgeSession"]),
        module(
            "OrgeClient",
            [
                "OrgeSession", "OrgeWire", "OrgeSchema", .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .executableTarget(
            name: "orge",
            dependencies: [
                "OrgeSystem", "OrgeControl", "OrgeSupervisor", "OrgeClient", "OrgeSession", "OrgeWire", "OrgeSchema",
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .executableTarget(name: "FakeChild", dependencies: ["OrgeSystem", "OrgeControl"], path: "Tests/FakeChild", swiftSettings: strict),
        tests("OrgeServeTests", ["OrgeSystem", "orge", "FakeChild"]),
        module("OrgeLink", ["OrgeSchema"]),
        tests("OrgeLinkTests", ["OrgeLink", "OrgeSchema"]),
        module("OrgeReplication", ["OrgeSchema", "OrgeWire"]),
        tests("OrgeReplicationTests", ["OrgeReplication", "OrgeSchema", "OrgeWire"]),
        module("OrgeEdge", ["OrgeSchema", "OrgeWire", "OrgeSession", "OrgeReplication", "OrgeLink"]),
        tests("OrgeEdgeTests", ["OrgeEdge", "OrgeSchema", "OrgeWire", "OrgeSession", "OrgeReplication", "OrgeLink"]),
        module("OrgeWorld", ["OrgeSchema"]),
        tests("OrgeWorldTests", ["OrgeWorld"]),
        tests("OrgeWireTests", ["OrgeSchema", "OrgeWire"]),
        tests("OrgeSessionTests", ["OrgeSchema", "OrgeWire", "OrgeSession"]),
        .executableTarget(
            name: "orge-bench", dependencies: ["OrgeWorld", "LedgerWorld"], path: "Benchmarks/OrgeBench", swiftSettings: strict),
        .executableTarget(name: "control-worlds", dependencies: ["OrgeWorld"], path: "Tests/ControlWorlds", swiftSettings: strict),
        module("LedgerWorld", ["OrgeWorld"], path: "Worlds/Ledger/LedgerWorld"),
        module("MeadowWorld", ["OrgeWorld"], path: "Worlds/Meadow/MeadowWorld"),
        module("OrgeJournal", ["OrgeSchema"]),

        // Worlds.
        module("LedgerWorld", ["OrgeWorld"], path: "Worlds/Ledger/LedgerWorld"),
        module("MeadowWorld", ["OrgeWorld"], path: "Worlds/Meadow/MeadowWorld"),

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
        tests("OrgeControlTests", ["OrgeControl", "OrgeSchema"]),
        tests("OrgeSupervisorTests", ["OrgeSupervisor", "OrgeControl", "OrgeSchema"]),
        tests("OrgeSystemTests", ["OrgeSystem"]),
        tests("OrgeServeTests", ["OrgeSystem", "orge", "FakeChild"]),
    ]
)
