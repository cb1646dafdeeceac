import Configuration
import Synchronization

/// Precedence: flag, environment, a world's own value in the file, the file's value, default. swift-configuration's reader looks the providers through
/// in that order and reports which of them had the value.
extension SettingsSources {
    /// - Precondition: no source has a fault.
    var effective: Settings {
        var entries: [EffectiveSetting] = SettingsTable.settings.map { effective($0, world: nil) }
        for world in file?.worlds ?? [] {
            for setting in SettingsTable.settings where setting.isPerWorld {
                let entry = effective(setting, world: world)
                if entry.source != effective(setting, world: nil).source { entries.append(entry) }
            }
        }
        return Settings(effective: entries, file: file?.path, warnings: environment.warnings)
    }

    private func effective(_ setting: Setting, world: String?) -> EffectiveSetting {
        let witness = ProviderWitness()
        let reader = ConfigReader(providers: providers(world: world), accessReporter: witness)
        let value = value(of: setting, reader)
        guard let value, let provider = witness.provider else {
            return EffectiveSetting(setting: setting, world: world, value: setting.fallback, source: .fallback)
        }
        return EffectiveSetting(setting: setting, world: world, value: value, source: source(of: setting, world, provider))
    }

    private func value(of setting: Setting, _ reader: ConfigReader) -> SettingValue? {
        let key = ConfigKey([setting.key.rawValue])
        return switch setting.kind {
        case .flag: reader.bool(forKey: key).map(SettingValue.flag)
        case .integer: reader.int(forKey: key).map(SettingValue.integer)
        case .text, .path: reader.string(forKey: key).map(SettingValue.text)
        case .paths: reader.stringArray(forKey: key).map(SettingValue.list)
        }
    }

    private func source(of setting: Setting, _ world: String?, _ provider: String) -> SettingSource {
        if provider == Self.environmentName { return .environment(setting.environmentName) }
        let isOwn = provider == Self.memoryName(Self.worldProvider)
        guard isOwn || provider == Self.memoryName(Self.fileProvider), let file else { return .flag(setting.flag) }
        guard let entry = file.entries.first(where: { $0.setting.key == setting.key && $0.world == (isOwn ? world : nil) }) else {
            preconditionFailure("\(setting.key) is in the file without a line")
        }
        return .file(file.path, line: entry.line)
    }

    private static let worldProvider = "world"
    private static let fileProvider = "file"
    private static let environmentName = EnvironmentVariablesProvider(environmentVariables: [:]).providerName

    private static func memoryName(_ name: String) -> String { InMemoryProvider(name: name, values: [:]).providerName }

    private func providers(world: String?) -> [any ConfigProvider] {
        let variables = environment.texts.map { (String($0.setting.environmentName.dropFirst(Setting.environmentPrefix.count)), $0.text) }
        var providers: [any ConfigProvider] = [
            Self.provider("flags", flags.map { ($0.setting, $0.value) }),
            EnvironmentVariablesProvider(environmentVariables: Dictionary(uniqueKeysWithValues: variables), arraySeparator: ":"),
        ]
        let entries = file?.entries ?? []
        if let world { providers.append(Self.provider(Self.worldProvider, entries.filter { $0.world == world }.map { ($0.setting, $0.value) })) }
        providers.append(Self.provider(Self.fileProvider, entries.filter { $0.world == nil }.map { ($0.setting, $0.value) }))
        return providers
    }

    private static func provider(_ name: String, _ values: [(Setting, SettingValue)]) -> InMemoryProvider {
        let pairs = values.map { (AbsoluteConfigKey([$0.key.rawValue]), ConfigValue($1.content, isSecret: false)) }
        return InMemoryProvider(name: name, values: Dictionary(uniqueKeysWithValues: pairs))
    }
}

extension SettingValue {
    fileprivate var content: ConfigContent {
        switch self {
        case .flag(let value): .bool(value)
        case .integer(let value): .int(value)
        case .text(let value): .string(value)
        case .list(let values): .stringArray(values)
        }
    }
}

/// Remembers which provider had the value of the last access.
private final class ProviderWitness: AccessReporter {
    private let name = Mutex<String?>(nil)

    var provider: String? { name.withLock { $0 } }

    func report(_ event: AccessEvent) {
        var found: String?
        for result in event.providerResults {
            switch result.result {
            case .success(let lookup): if lookup.value != nil, found == nil { found = result.providerName }
            case .failure(let error): preconditionFailure("a value that was checked cannot be read: \(error)")
            }
        }
        name.withLock { $0 = found }
    }
}
