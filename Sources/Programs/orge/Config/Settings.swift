import OrgeSchema

/// Where a value comes from, in falling precedence.
enum SettingSource: Equatable {
    case flag(String)
    case environment(String)
    case file(String, line: Int)
    case fallback

    var text: String {
        switch self {
        case .flag(let name): name
        case .environment(let name): "environment \(name)"
        case .file(let path, let line): "\(path.printable):\(line)"
        case .fallback: "default"
        }
    }
}

/// A setting's value as a start would use it.
struct EffectiveSetting {
    let setting: Setting
    /// nil: for the server, or for every world without a value of its own.
    let world: String?
    /// nil: it was not given and has no default.
    let value: SettingValue?
    let source: SettingSource

    var name: String { (world.map { "\(SettingsTable.worldSettingsKey).\($0)." } ?? "") + setting.key.rawValue }
}

/// The settings of one start: every row of the table, then what single worlds have of their own.
struct Settings {
    let effective: [EffectiveSetting]
    /// The file that was read, if there was one.
    let file: String?
    let warnings: [String]

    func entry(_ key: SettingKey, world: String? = nil) -> EffectiveSetting {
        if let world, let own = effective.first(where: { $0.setting.key == key && $0.world == world }) { return own }
        guard let entry = effective.first(where: { $0.setting.key == key && $0.world == nil }) else { preconditionFailure("\(key) has no row") }
        return entry
    }

    private func integer(_ key: SettingKey, world: String? = nil) -> Int {
        guard case .integer(let value) = entry(key, world: world).value else { preconditionFailure("\(key) is no integer") }
        return value
    }

    private func isSet(_ key: SettingKey, world: String? = nil) -> Bool {
        guard case .flag(let value) = entry(key, world: world).value else { preconditionFailure("\(key) is no flag") }
        return value
    }

    private func text(_ key: SettingKey) -> String? { if case .text(let text) = entry(key).value { text } else { nil } }
}

/// What `orge serve` reads.
extension Settings {
    var worlds: [String] { if case .list(let paths) = entry(.worlds).value { paths } else { [] } }
    /// nil: no source names one.
    var data: String? { text(.data) }
    var address: String { text(.address) ?? "" }
    var port: UInt16 { UInt16(integer(.port)) }
    var maxClients: Int { integer(.maxClients) }
    var unauthenticatedConnections: Int { integer(.unauthenticatedConnections) }
    var edges: Int { integer(.edges) }
    var isDevelopment: Bool { isSet(.dev) }
    var bots: Int { integer(.bots) }
    /// 0: no limit.
    var silenceLimitSeconds: Int { integer(.silenceLimitSeconds) }
    /// 0: no limit.
    var processorLimitMilliseconds: Int { integer(.processorLimitMilliseconds) }
    /// 0: no check.
    var historyCheckBytesPerSecond: Int { integer(.historyCheckBytesPerSecond) }
    func lingerSeconds(_ world: String) -> Int { integer(.lingerSeconds, world: world) }
    /// nil: as many as the state has.
    func imagePoolBytes(_ world: String) -> Int? { if case .integer(let bytes) = entry(.imagePoolBytes, world: world).value { bytes } else { nil } }
    func diskFloorMebibytes(_ world: String) -> Int { integer(.diskFloorMebibytes, world: world) }
    func forgetsHistory(_ world: String) -> Bool { isSet(.forgetHistory, world: world) }

    /// Worlds that `world_settings` names.
    var worldsWithSettings: [String] {
        var names: [String] = []
        for case let name? in effective.map(\.world) where !names.contains(name) { names.append(name) }
        return names
    }
}
