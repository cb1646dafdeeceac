import OrgeSchema

/// The environment variables that are settings. Others, secrets among them, are neither kept nor shown.
struct SettingsEnvironment {
    /// Names of the program's own that are not settings.
    private static let otherNames = ["ORGE_DEV_TOKEN"]

    /// Checked, by key.
    private(set) var texts: [(setting: Setting, text: String)] = []
    private(set) var faults: [SettingFault] = []
    /// Names that were probably meant to be settings.
    private(set) var warnings: [String] = []

    init(_ variables: [String: String]) {
        for (name, text) in variables.sorted(by: { $0.key < $1.key }) where name.hasPrefix(Setting.environmentPrefix) {
            if let setting = SettingsTable.settings.first(where: { $0.environmentName == name }) {
                check(setting, text)
            } else if !Self.otherNames.contains(name), let meant = Self.settingMeant(by: name) {
                warnings.append("\(name.printable) in the environment is not a setting and is ignored; did you mean \(meant)?")
            }
        }
    }

    private mutating func check(_ setting: Setting, _ text: String) {
        do throws(SettingComplaint) {
            _ = try setting.value(of: text)
            texts.append((setting, text))
        } catch {
            faults.append(SettingFault(name: setting.environmentName, text: error.text))
        }
    }

    /// A setting that is near, or that has a word of four letters or more in common with the name.
    private static func settingMeant(by name: String) -> String? {
        let prefix = Setting.environmentPrefix.count
        let rest = String(name.dropFirst(prefix))
        let known = SettingsTable.settings.map { String($0.environmentName.dropFirst(prefix)) }
        if let near = nearest(to: rest, among: known) { return Setting.environmentPrefix + near }
        let words = rest.split(separator: "_").filter { $0.count >= 4 }
        return known.first { setting in setting.split(separator: "_").contains { words.contains($0) } }.map { Setting.environmentPrefix + $0 }
    }
}
