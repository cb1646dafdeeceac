import ArgumentParser

/// The flags of the settings, with names and help from the table. Values are read as text, so that flags, environment and file are checked alike.
struct SettingsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The file with the settings, instead of orge.json in the data folder.", valueName: "file"))
    var config: String?

    @Option(name: SettingsTable.flagName(.worlds), help: SettingsTable.help(.worlds)) var worlds: [String] = []
    @Option(name: SettingsTable.flagName(.data), help: SettingsTable.help(.data)) var data: String?
    @Option(name: SettingsTable.flagName(.address), help: SettingsTable.help(.address)) var address: String?
    @Option(name: SettingsTable.flagName(.port), help: SettingsTable.help(.port)) var port: String?
    @Option(name: SettingsTable.flagName(.maxClients), help: SettingsTable.help(.maxClients)) var maxClients: String?
    @Option(name: SettingsTable.flagName(.unauthenticatedConnections), help: SettingsTable.help(.unauthenticatedConnections))
    var unauthenticatedConnections: String?
    @Option(name: SettingsTable.flagName(.edges), help: SettingsTable.help(.edges)) var edges: String?
    @Flag(name: SettingsTable.flagName(.dev), inversion: .prefixedNo, help: SettingsTable.help(.dev)) var dev: Bool?
    @Option(name: SettingsTable.flagName(.bots), help: SettingsTable.help(.bots)) var bots: String?
    @Option(name: SettingsTable.flagName(.lingerSeconds), help: SettingsTable.help(.lingerSeconds)) var lingerSeconds: String?
    @Option(name: SettingsTable.flagName(.imagePoolBytes), help: SettingsTable.help(.imagePoolBytes)) var imagePoolBytes: String?
    @Option(name: SettingsTable.flagName(.diskFloorMebibytes), help: SettingsTable.help(.diskFloorMebibytes)) var diskFloorMebibytes: String?
    @Flag(name: SettingsTable.flagName(.forgetHistory), inversion: .prefixedNo, help: SettingsTable.help(.forgetHistory)) var forgetHistory: Bool?
    @Option(name: SettingsTable.flagName(.silenceLimitSeconds), help: SettingsTable.help(.silenceLimitSeconds)) var silenceLimitSeconds: String?

    @Option(name: SettingsTable.flagName(.processorLimitMilliseconds), help: SettingsTable.help(.processorLimitMilliseconds))
    var processorLimitMilliseconds: String?

    @Option(name: SettingsTable.flagName(.historyCheckBytesPerSecond), help: SettingsTable.help(.historyCheckBytesPerSecond))
    var historyCheckBytesPerSecond: String?

    /// Of the flags that were given, checked.
    func values() -> (values: [(setting: Setting, value: SettingValue)], faults: [SettingFault]) {
        var values: [(setting: Setting, value: SettingValue)] = []
        var faults: [SettingFault] = []
        for setting in SettingsTable.settings {
            do throws(SettingComplaint) {
                if let value = try value(of: setting) { values.append((setting, value)) }
            } catch {
                faults.append(SettingFault(name: setting.flag, text: error.text))
            }
        }
        return (values, faults)
    }

    private func value(of setting: Setting) throws(SettingComplaint) -> SettingValue? {
        let text: String?
        switch setting.key {
        case .worlds: return worlds.isEmpty ? nil : try setting.checked(.list(worlds))
        case .dev: return dev.map(SettingValue.flag)
        case .forgetHistory: return forgetHistory.map(SettingValue.flag)
        case .data: text = data
        case .address: text = address
        case .port: text = port
        case .maxClients: text = maxClients
        case .unauthenticatedConnections: text = unauthenticatedConnections
        case .edges: text = edges
        case .lingerSeconds: text = lingerSeconds
        case .imagePoolBytes: text = imagePoolBytes
        case .diskFloorMebibytes: text = diskFloorMebibytes
        case .bots: text = bots
        case .silenceLimitSeconds: text = silenceLimitSeconds
        case .processorLimitMilliseconds: text = processorLimitMilliseconds
        case .historyCheckBytesPerSecond: text = historyCheckBytesPerSecond
        }
        guard let text else { return nil }
        return try setting.value(of: text)
    }

    func validate() throws {
        let faults = values().faults
        if !faults.isEmpty { throw ValidationError(faults.map(\.description).joined(separator: "\n")) }
    }
}
