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
    dependencies: [],
    targets: [
        module("OrgeSchema"),
        module("OrgeWire", ["OrgeSchema"]),
        module("OrgeSession", ["OrgeSchema", "OrgeWire"]),
        tests("OrgeSchemaTests", ["OrgeSchema"]),
        module("OrgeLink", ["OrgeSchema"]),
        tests("OrgeLinkTests", ["OrgeLink", "OrgeSchema"]),
        module("OrgeReplication", ["OrgeSchema", "OrgeWire"]),
        tests("OrgeReplicationTests", ["OrgeReplication", "OrgeSchema", "OrgeWire"]),
        module("OrgeWorld", ["OrgeSchema"]),
        tests("OrgeWorldTests", ["OrgeWorld"]),
        tests("OrgeWireTests", ["OrgeSchema", "OrgeWire"]),
        tests("OrgeSessionTests", ["OrgeSchema", "OrgeWire", "OrgeSession"]),
    ]
)
