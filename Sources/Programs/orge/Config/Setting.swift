import OrgeSchema

/// Names a setting of `orge serve`. The raw value is its key in `orge.json`; flag and environment name are derived from it.
enum SettingKey: String, CaseIterable {
    case worlds
    case data
    case address
    case port
    case maxClients = "max_clients"
    case unauthenticatedConnections = "unauthenticated_connections"
    case edges
    case dev
    case bots
    case lingerSeconds = "linger_seconds"
    case imagePoolBytes = "image_pool_bytes"
    case diskFloorMebibytes = "disk_floor_mib"
    case forgetHistory = "forget_history"
    case silenceLimitSeconds = "silence_limit_seconds"
    case processorLimitMilliseconds = "processor_limit_ms"
    case historyCheckBytesPerSecond = "history_check_bytes_per_second"
}

/// What values a setting takes.
enum SettingKind: Equatable {
    case flag
    case integer(ClosedRange<Int>)
    case text
    /// Of a file or folder. In `orge.json` it counts from the folder of that file, elsewhere from the working directory.
    case path
    case paths
}

enum SettingValue: Equatable {
    case flag(Bool)
    case integer(Int)
    case text(String)
    case list([String])

    var json: JSONValue {
        switch self {
        case .flag(let value): .bool(value)
        case .integer(let value): .integer(value)
        case .text(let value): .string(value)
        case .list(let values): .array(values.map(JSONValue.string))
        }
    }

    /// For people, in one line.
    var text: String {
        switch self {
        case .flag(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .text(let value): value.printable
        case .list(let values): values.map(\.printable).joined(separator: " ")
        }
    }
}

/// One row of the table that flags, environment names, keys of `orge.json`, help and docs are made from.
struct Setting {
    /// Of a text or path: the longest path that the system takes.
    static let textBytesLimit = 4_096
    /// Elements of a list. Its only user names worlds: 14 bits of an entity's id name its world; a machine does not hold as many hosts.
    static let listLimit = 256

    let key: SettingKey
    let kind: SettingKind
    /// What a number counts.
    var unit: String?
    var fallback: SettingValue?
    /// What holds where there is no value and no default.
    var fallbackWords = "none"
    /// A world may have a value of its own in `orge.json`.
    var isPerWorld = false
    /// A sentence for help and docs.
    let summary: String

    /// `--max-clients`; a list's flag names one element and may be given several times.
    var flag: String { "--\(flagName)" }
    var flagName: String { key == .worlds ? "world" : key.rawValue.replacing("_", with: "-") }
    var environmentName: String { Self.environmentPrefix + key.rawValue.uppercased() }

    static let environmentPrefix = "ORGE_"

    var typeText: String {
        switch kind {
        case .flag: "true or false"
        case .integer: "integer"
        case .text: "text"
        case .path: "path"
        case .paths: "list of paths"
        }
    }

    /// `1...32`, empty where there is none.
    var rangeText: String { if case .integer(let range) = kind { "\(range.lowerBound)...\(range.upperBound)" } else { "" } }

    var fallbackText: String {
        switch fallback {
        case nil: fallbackWords
        case .list([]): "none"
        case let value?: value.text
        }
    }
}

/// Why a value is no value of a setting: the predicate of a sentence whose subject is the setting.
struct SettingComplaint: Error, Equatable {
    var text: String

    init(_ text: String) { self.text = text }
}

extension Setting {
    /// A value as flags and environment variables have it.
    func value(of text: String) throws(SettingComplaint) -> SettingValue {
        switch kind {
        case .flag:
            switch text {
            case "true", "1": return .flag(true)
            case "false", "0": return .flag(false)
            default: throw SettingComplaint("\(text.quotedForJSON) is not true or false")
            }
        case .integer:
            guard let number = Int(text) else { throw SettingComplaint("\(text.quotedForJSON) is not an integer") }
            return try checked(.integer(number))
        case .text, .path: return try checked(.text(text))
        case .paths: return try checked(.list(text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)))
        }
    }

    /// A value of the right type, held to its range.
    func checked(_ value: SettingValue) throws(SettingComplaint) -> SettingValue {
        switch (kind, value) {
        case (.integer(let range), .integer(let number)):
            guard range.contains(number) else { throw SettingComplaint("\(number) is not in \(rangeText)") }
        case (.text, .text(let text)), (.path, .text(let text)): try Self.check(text)
        case (.paths, .list(let texts)):
            guard texts.count <= Self.listLimit else { throw SettingComplaint("has \(texts.count) elements, at most \(Self.listLimit) are allowed") }
            for text in texts { try Self.check(text) }
        case (.flag, .flag): break
        default: preconditionFailure("\(key): a value of another type")
        }
        return value
    }

    private static func check(_ text: String) throws(SettingComplaint) {
        if text.isEmpty { throw SettingComplaint("a text is empty") }
        if text.utf8.count > textBytesLimit { throw SettingComplaint("a text has \(text.utf8.count) bytes, at most \(textBytesLimit) are allowed") }
        if text.utf8.contains(0) { throw SettingComplaint("a text contains a zero byte") }
    }
}
