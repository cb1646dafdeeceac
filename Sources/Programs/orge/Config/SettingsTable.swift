import ArgumentParser
import OrgeControl
import OrgeEdge

/// Every setting of `orge serve`, in the order in which help, `orge config show` and docs/configuration.md list them.
enum SettingsTable {
    static let settings: [Setting] = [
        Setting(key: .worlds, kind: .paths, fallback: .list([]), summary: "The executables of the worlds to serve."),
        Setting(key: .data, kind: .path, summary: "The data folder, where the worlds live; made when missing."),
        Setting(
            key: .address, kind: .text, fallback: .text("127.0.0.1"),
            summary: "The address to listen on. Only loopback addresses until there is encryption."),
        Setting(
            key: .port, kind: .integer(0...65_535), fallback: .integer(9_512),
            summary: "The port for clients of every kind, and for the web page; 0 takes any free one."),
        Setting(
            key: .maxClients, kind: .integer(1...100_000), unit: "clients", fallback: .integer(1_000),
            summary: "How many clients may be logged in at once, through all edges together."),
        Setting(
            key: .unauthenticatedConnections, kind: .integer(EdgeLimits.unauthenticatedConnectionsRange), unit: "connections",
            fallback: .integer(EdgeLimits.unauthenticatedConnections),
            summary: "How many connections of one edge may not have logged in yet, web requests included; the next one evicts the oldest."),
        Setting(
            key: .edges, kind: .integer(1...EdgeRoster.edgesLimit), unit: "processes", fallback: .integer(1),
            summary: "How many edge processes share the port. One edge uses one core."),
        Setting(
            key: .dev, kind: .flag, fallback: .flag(false), summary: "Development mode: the printed address lets its holder kill worlds."),
        Setting(
            key: .bots, kind: .integer(0...10_000), unit: "bots", fallback: .integer(0),
            summary: "Populates the first world with this many bots; needs development mode."),
        Setting(
            key: .lingerSeconds, kind: .integer(HostTuning.lingerSeconds), unit: "seconds", fallback: .integer(HostTuning.defaultLingerSeconds),
            isPerWorld: true, summary: "How long the session of a client that lost its connection stays in a world."),
        Setting(
            key: .imagePoolBytes, kind: .integer(HostTuning.imagePoolBytes), unit: "bytes", fallbackWords: "the size of the state", isPerWorld: true,
            summary: "Memory for copies of pages that change while an image is read; with too little a busy world is stopped for its images."),
        Setting(
            key: .diskFloorMebibytes, kind: .integer(HostTuning.diskFloorMebibytes), unit: "MiB", fallback: .integer(HostTuning.defaultDiskFloorMebibytes),
            isPerWorld: true, summary: "Free space on the disk below which a world warns; below a quarter of it the world pauses. 0: no floor."),
        Setting(
            key: .forgetHistory, kind: .flag, fallback: .flag(false), isPerWorld: true,
            summary: "Deletes the part of a world's journal that no image needs; --replay then begins at an image."),
        Setting(
            key: .silenceLimitSeconds, kind: .integer(0...3_600), unit: "seconds", fallback: .integer(10),
            summary: "A world's process or an edge that reports nothing for so long is killed and started again; 0: never, to debug it."),
        Setting(
            key: .processorLimitMilliseconds, kind: .integer(0...600_000), unit: "ms", fallback: .integer(1_000),
            summary:
                "Processor time that one command, arrival or run of a system may use; one that uses more, twice, is not run again. 0: no limit, to debug it."),
        Setting(
            key: .historyCheckBytesPerSecond, kind: .integer(0...1 << 30), unit: "bytes per second", fallback: .integer(8 << 20),
            summary: "How fast the journals are read again in the background, to find damage; 0: not at all."),
    ]

    /// In `orge.json`: an object that holds, by name of the world, an object with values for that world.
    static let worldSettingsKey = "world_settings"

    static func setting(_ key: SettingKey) -> Setting {
        guard let setting = settings.first(where: { $0.key == key }) else { preconditionFailure("\(key) is not in the table of settings") }
        return setting
    }

    static func flagName(_ key: SettingKey) -> NameSpecification { .customLong(setting(key).flagName) }

    static func help(_ key: SettingKey) -> ArgumentHelp {
        let setting = setting(key)
        var parts: [String] = []
        if !setting.rangeText.isEmpty { parts.append(setting.rangeText) }
        if setting.key == .worlds { parts.append("may be given several times") }
        if setting.fallbackText != "none", setting.kind != .flag { parts.append("default: \(setting.fallbackText)") }
        let more = parts.isEmpty ? "" : " (\(parts.joined(separator: "; ")))"
        return ArgumentHelp("\(setting.summary)\(more)", valueName: valueName(of: setting))
    }

    private static func valueName(of setting: Setting) -> String? {
        switch setting.kind {
        case .flag: nil
        case .integer: "n"
        case .text: setting.key.rawValue
        case .path: "dir"
        case .paths: "path"
        }
    }

    /// The table of docs/configuration.md; a test compares them.
    static var markdown: [String] {
        let head = ["| key | type | range | unit | default | flag | environment | per world | what it is |", "|---|---|---|---|---|---|---|---|---|"]
        return head
            + settings.map { setting in
                let cells = [
                    "`\(setting.key.rawValue)`", setting.typeText, setting.rangeText, setting.unit ?? "", setting.fallbackText, "`\(setting.flag)`",
                    "`\(setting.environmentName)`", setting.isPerWorld ? "yes" : "", setting.summary,
                ]
                return "| \(cells.joined(separator: " | ")) |"
            }
    }
}
