/// What `orge config show` prints.
enum SettingsListing {
    static func lines(_ settings: Settings) -> [String] {
        TextTable.aligned([["KEY", "VALUE", "SOURCE"]] + settings.effective.map { [$0.name, shown($0), $0.source.text] })
    }

    private static func shown(_ entry: EffectiveSetting) -> String {
        guard let value = entry.value, value != .list([]) else { return entry.setting.fallbackText == "none" ? "-" : entry.setting.fallbackText }
        return value.text
    }

    /// `{"file":PATH or null,"settings":[{"key":…,"world":…,"value":…,"unit":…,"source":…},…],"warnings":[TEXT,…]}`
    static func document(_ settings: Settings) -> JSONValue {
        .object([
            ("file", settings.file.map(JSONValue.string) ?? .null),
            ("settings", .array(settings.effective.map(document))),
            ("warnings", .array(settings.warnings.map(JSONValue.string))),
        ])
    }

    private static func document(_ entry: EffectiveSetting) -> JSONValue {
        .object([
            ("key", .string(entry.setting.key.rawValue)), ("world", entry.world.map(JSONValue.string) ?? .null),
            ("value", entry.value?.json ?? .null), ("unit", entry.setting.unit.map(JSONValue.string) ?? .null),
            ("source", source(entry.source)),
        ])
    }

    private static func source(_ source: SettingSource) -> JSONValue {
        switch source {
        case .flag(let name): .object([("kind", .string("flag")), ("name", .string(name))])
        case .environment(let name): .object([("kind", .string("environment")), ("name", .string(name))])
        case .file(let path, let line): .object([("kind", .string("file")), ("file", .string(path)), ("line", .integer(line))])
        case .fallback: .object([("kind", .string("default"))])
        }
    }
}
