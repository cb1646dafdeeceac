import OrgeSchema

/// What is wrong with a setting, and where it stands.
struct SettingFault: Equatable, CustomStringConvertible {
    /// nil for a flag or an environment variable.
    var file: String?
    var line: Int?
    /// A key, a flag or the name of an environment variable; empty where the file is no JSON.
    var name: String
    var text: String

    var description: String {
        let place = file.map { "\($0.printable):\(line ?? 0): " } ?? ""
        return place + (name.isEmpty ? "" : "\(name.printable): ") + text
    }
}

/// `orge.json`, read and checked. The same bytes give the values and their lines.
struct SettingsFile {
    struct Entry {
        let setting: Setting
        /// nil: for the server, or for every world.
        let world: String?
        let value: SettingValue
        let line: Int
    }

    static let fileName = "orge.json"
    /// A server with 256 worlds that each set everything has a tenth of it.
    static let bytesLimit = 262_144

    let path: String
    private(set) var entries: [Entry] = []
    private(set) var faults: [SettingFault] = []
    /// The data folder is known because the file lies in it.
    private let isInDataFolder: Bool

    init(_ bytes: [UInt8], path: String, isInDataFolder: Bool) {
        self.path = path
        self.isInDataFolder = isInDataFolder
        do throws(JSONFault) {
            let root = try JSONParser.parse(bytes)
            if case .object(let members) = root.value {
                readServer(members)
            } else {
                refuse(root.line, "", "the file is \(root.typeText), not an object")
            }
        } catch {
            refuse(error.line, "", error.text)
        }
    }

    /// By name, in the order in which they stand.
    var worlds: [String] {
        var names: [String] = []
        for case let name? in entries.map(\.world) where !names.contains(name) { names.append(name) }
        return names
    }

    private mutating func refuse(_ line: Int, _ name: String, _ text: String) {
        faults.append(SettingFault(file: path, line: line, name: name, text: text))
    }

    private mutating func readServer(_ members: [JSONNode.Member]) {
        let known = SettingsTable.settings.map(\.key.rawValue) + [SettingsTable.worldSettingsKey]
        for member in once(members, in: "") {
            if member.key == SettingsTable.worldSettingsKey {
                readWorlds(member.node)
            } else if let key = SettingKey(rawValue: member.key) {
                if key == .data, isInDataFolder {
                    refuse(member.line, member.key, "this file lies in the data folder, so it cannot name it")
                } else {
                    read(member, SettingsTable.setting(key), world: nil)
                }
            } else {
                refuse(member.line, member.key, unknown(member.key, known))
            }
        }
    }

    private mutating func readWorlds(_ node: JSONNode) {
        let name = SettingsTable.worldSettingsKey
        guard case .object(let worlds) = node.value else { return refuse(node.line, name, "is \(node.typeText), not an object") }
        for world in once(worlds, in: "\(name).") {
            guard WorldDescription.isName(world.key) else {
                refuse(world.line, "\(name).\(world.key)", "is not the name of a world")
                continue
            }
            guard case .object(let members) = world.node.value else {
                refuse(world.node.line, "\(name).\(world.key)", "is \(world.node.typeText), not an object")
                continue
            }
            readWorld(world.key, members)
        }
    }

    private mutating func readWorld(_ world: String, _ members: [JSONNode.Member]) {
        let prefix = "\(SettingsTable.worldSettingsKey).\(world)."
        let known = SettingsTable.settings.filter(\.isPerWorld).map(\.key.rawValue)
        for member in once(members, in: prefix) {
            guard let key = SettingKey(rawValue: member.key) else {
                refuse(member.line, prefix + member.key, unknown(member.key, known))
                continue
            }
            let setting = SettingsTable.setting(key)
            guard setting.isPerWorld else {
                refuse(member.line, prefix + member.key, "is a setting of the whole server, not of one world")
                continue
            }
            read(member, setting, world: world)
        }
    }

    /// Those whose key stands for the first time.
    private mutating func once(_ members: [JSONNode.Member], in prefix: String) -> [JSONNode.Member] {
        var first: [JSONNode.Member] = []
        for member in members {
            if let earlier = first.first(where: { $0.key == member.key }) {
                refuse(member.line, prefix + member.key, "is given twice, first in line \(earlier.line)")
            } else {
                first.append(member)
            }
        }
        return first
    }

    private func unknown(_ key: String, _ known: [String]) -> String {
        "there is no such setting" + (nearest(to: key, among: known).map { "; did you mean \($0)?" } ?? "")
    }

    private mutating func read(_ member: JSONNode.Member, _ setting: Setting, world: String?) {
        let name = (world.map { "\(SettingsTable.worldSettingsKey).\($0)." } ?? "") + member.key
        do throws(SettingComplaint) {
            let value = try setting.checked(try value(of: member.node, setting))
            entries.append(Entry(setting: setting, world: world, value: value, line: member.node.line))
        } catch {
            refuse(member.node.line, name, error.text)
        }
    }

    private func value(of node: JSONNode, _ setting: Setting) throws(SettingComplaint) -> SettingValue {
        switch (setting.kind, node.value) {
        case (.flag, .bool(let value)): return .flag(value)
        case (.integer, .integer(let value)): return .integer(value)
        case (.integer, .number(let text)): throw SettingComplaint("\(text) is not an integer in \(setting.rangeText)")
        case (.text, .string(let text)): return .text(text)
        case (.path, .string(let text)): return .text(located(text))
        case (.paths, .array(let nodes)):
            var paths: [String] = []
            for node in nodes {
                guard case .string(let text) = node.value else { throw SettingComplaint("an element is \(node.typeText), not a path") }
                paths.append(located(text))
            }
            return .list(paths)
        default: throw SettingComplaint("is \(node.typeText), not \(Self.article(setting.typeText))")
        }
    }

    private static func article(_ type: String) -> String { type.hasPrefix("true") ? type : (type.hasPrefix("i") ? "an " : "a ") + type }

    /// A path counts from the folder of the file, wherever the server is started.
    private func located(_ text: String) -> String {
        guard !text.isEmpty, !text.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return text }
        return path[...slash] + text
    }
}
