import FoundationEssentials
import OrgeSystem

/// Flags, environment and file of one start, each checked by itself.
struct SettingsSources {
    let flags: [(setting: Setting, value: SettingValue)]
    let environment: SettingsEnvironment
    let file: SettingsFile?
    private let flagFaults: [SettingFault]

    /// - Throws: ``CommandFailure`` when a file cannot be read, or was named and is missing.
    init(_ options: SettingsOptions, environment variables: [String: String] = ProcessInfo.processInfo.environment) throws {
        let environment = SettingsEnvironment(variables)
        (flags, flagFaults) = options.values()
        self.environment = environment
        let data = options.data ?? environment.texts.first { $0.setting.key == .data }?.text
        file = try options.config.map(Self.named) ?? data.flatMap(Self.inDataFolder)
    }

    /// For tests.
    init(flags: [(setting: Setting, value: SettingValue)] = [], environment: [String: String] = [:], file: SettingsFile? = nil) {
        self.flags = flags
        self.environment = SettingsEnvironment(environment)
        self.file = file
        flagFaults = []
    }

    private static func named(_ path: String) throws -> SettingsFile {
        guard let bytes = try read(path) else {
            throw CommandFailure("there is no file \(path), which --config names", remedy: "Give the path of an existing file, or leave --config out.")
        }
        return SettingsFile(bytes, path: path, isInDataFolder: false)
    }

    private static func inDataFolder(_ data: String) throws -> SettingsFile? {
        let path = "\(data.hasSuffix("/") ? String(data.dropLast()) : data)/\(SettingsFile.fileName)"
        return try read(path).map { SettingsFile($0, path: path, isInDataFolder: true) }
    }

    /// nil: there is no such file.
    private static func read(_ path: String) throws -> [UInt8]? {
        let slash = path.lastIndex(of: "/")
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        do throws(SystemError) {
            return try Folder(parent).read(name, limit: SettingsFile.bytesLimit)
        } catch {
            if error.isMissing { return nil }
            throw CommandFailure(
                "\(error)", remedy: "The file with the settings must be readable by this user, and have at most \(SettingsFile.bytesLimit) bytes.")
        }
    }

    /// All of them: of flags, of the environment, of the file by line, then those between settings.
    var faults: [SettingFault] {
        let single = flagFaults + environment.faults + (file?.faults ?? []).sorted { ($0.line ?? 0) < ($1.line ?? 0) }
        return single.isEmpty ? contradictions : single
    }

    private var contradictions: [SettingFault] {
        let settings = effective
        var faults: [SettingFault] = []
        if settings.bots > 0, !settings.isDevelopment {
            faults.append(fault(settings.entry(.bots), "works in development mode only. Add --dev, or set dev to true."))
        }
        return faults
    }

    private func fault(_ entry: EffectiveSetting, _ text: String) -> SettingFault {
        switch entry.source {
        case .flag(let name), .environment(let name): SettingFault(name: name, text: text)
        case .file(let path, let line): SettingFault(file: path, line: line, name: entry.name, text: text)
        case .fallback: SettingFault(name: entry.name, text: text)
        }
    }

    /// The settings that a start uses.
    ///
    /// - Throws: ``CommandFailure`` with every fault of every source.
    func settings() throws -> Settings {
        let faults = faults
        guard faults.isEmpty else {
            let remedy = "All settings: orge config show, and docs/configuration.md."
            throw CommandFailure(faults.map(\.description).joined(separator: "\n"), remedy: remedy)
        }
        return effective
    }
}
