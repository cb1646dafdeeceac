import ArgumentParser
import Foundation
import OrgeSchema
import Testing

@testable import orge

@Suite("Settings: the table and what follows from it") struct SettingsTableTests {
    @Test("The table has each key once, in the order of the keys, and its defaults are values that it takes")
    func table() throws {
        #expect(SettingsTable.settings.map(\.key) == SettingKey.allCases)
        for setting in SettingsTable.settings {
            if let fallback = setting.fallback { #expect(try setting.checked(fallback) == fallback) }
            #expect(setting.summary.hasSuffix("."), "\(setting.key)")
            #expect(setting.environmentName == "ORGE_" + setting.key.rawValue.uppercased())
        }
        #expect(Set(SettingsTable.settings.map(\.flag)).count == SettingKey.allCases.count)
        #expect(SettingsTable.setting(.maxClients).flag == "--max-clients")
    }

    @Test("docs/configuration.md has the table that `orge config table` prints")
    func page() throws {
        let path = String(#filePath).split(separator: "/").dropLast(3).joined(separator: "/")
        let page = try String(contentsOfFile: "/\(path)/docs/configuration.md", encoding: .utf8).split(separator: "\n").map(String.init)
        let start = try #require(page.firstIndex(of: SettingsTable.markdown[0]))
        #expect(Array(page[start...].prefix { $0.hasPrefix("|") }) == SettingsTable.markdown, "replace the table by what `orge config table` prints")
    }

    @Test("Help names every flag with its default and range")
    func help() {
        let help = Serve.helpMessage(columns: 400)
        for setting in SettingsTable.settings {
            #expect(help.contains(setting.flag), "\(setting.flag)")
            #expect(help.contains(setting.summary), "\(setting.key)")
            #expect(setting.rangeText.isEmpty || help.contains("(\(setting.rangeText); default: \(setting.fallbackText))"), "\(setting.key)")
        }
    }

    @Test("A number is taken up to both ends of its range, by flags, environment and file alike")
    func ranges() throws {
        for setting in SettingsTable.settings {
            guard case .integer(let range) = setting.kind else { continue }
            for number in [range.lowerBound, range.upperBound] {
                #expect(try setting.value(of: "\(number)") == .integer(number))
                #expect(settingsFile("{\"\(setting.key.rawValue)\": \(number)}").entries.map(\.value) == [.integer(number)])
            }
            for number in [range.lowerBound - 1, range.upperBound + 1] {
                let complaint = "\(number) is not in \(range.lowerBound)...\(range.upperBound)"
                #expect(throws: SettingComplaint(complaint)) { try setting.value(of: "\(number)") }
                let file = settingsFile("{\n\"\(setting.key.rawValue)\": \(number)}")
                #expect(file.faults.map(\.description) == ["orge.json:2: \(setting.key.rawValue): \(complaint)"])
                #expect(SettingsEnvironment([setting.environmentName: "\(number)"]).faults.map(\.description) == ["\(setting.environmentName): \(complaint)"])
                #expect(throws: (any Error).self) { try SettingsOptions.parse(["\(setting.flag)=\(number)"]) }
            }
        }
    }
}

func settingsFile(_ text: String, path: String = "orge.json", isInDataFolder: Bool = false) -> SettingsFile {
    SettingsFile(Array(text.utf8), path: path, isInDataFolder: isInDataFolder)
}

/// Where a value may come from, the one that wins last.
private enum Giver: Int, CaseIterable {
    case file, environment, flag
}

@Suite("Settings: precedence") struct SettingsPrecedenceTests {
    /// A value that only this giver gives, as far as the type has so many.
    private func value(_ setting: Setting, by giver: Giver) -> SettingValue {
        switch setting.kind {
        case .flag: .flag(giver != .environment)
        case .integer(let range): .integer(range.lowerBound + giver.rawValue + 2)
        case .text, .path: .text("text-\(giver)")
        case .paths: .list(["first-\(giver)", "second"])
        }
    }

    private func sources(_ setting: Setting, _ givers: [Giver]) throws -> SettingsSources {
        let file = "{\n\n\"\(setting.key.rawValue)\": \(value(setting, by: .file).json.text)\n}"
        var words: [String] = []
        switch value(setting, by: .flag) {
        case .flag: words = [setting.flag]
        case .integer(let number): words = [setting.flag, "\(number)"]
        case .text(let text): words = [setting.flag, text]
        case .list(let texts): for text in texts { words += [setting.flag, text] }
        }
        var text = value(setting, by: .environment).text
        if setting.kind == .paths { text.replace(" ", with: ":") }
        return SettingsSources(
            flags: givers.contains(.flag) ? try SettingsOptions.parse(words).values().values : [],
            environment: givers.contains(.environment) ? [setting.environmentName: text, "ORGE_DEV_TOKEN": "secret"] : [:],
            file: givers.contains(.file) ? settingsFile(file, path: "f.json") : nil)
    }

    @Test("For every setting and every set of givers: flag before environment before file before default")
    func precedence() throws {
        for setting in SettingsTable.settings {
            for mask in 0..<8 {
                let givers = Giver.allCases.filter { mask >> $0.rawValue & 1 == 1 }
                let sources = try sources(setting, givers)
                #expect(sources.environment.faults.isEmpty && sources.file?.faults.isEmpty ?? true)
                let entry = sources.effective.entry(setting.key)
                let source: SettingSource =
                    switch givers.last {
                    case .flag: .flag(setting.flag)
                    case .environment: .environment(setting.environmentName)
                    case .file: .file("f.json", line: 3)
                    case nil: .fallback
                    }
                #expect(entry.source == source, "\(setting.key) given by \(givers)")
                #expect(entry.value == givers.last.map { value(setting, by: $0) } ?? setting.fallback, "\(setting.key) given by \(givers)")
            }
        }
    }

    @Test("A world's own value wins over the file's, and loses to environment and flag")
    func worlds() throws {
        let file = settingsFile(
            """
            {"forget_history": true,
             "world_settings": {
               "ledger": {"forget_history": false}}}
            """)
        #expect(file.faults.isEmpty)
        let settings = SettingsSources(file: file).effective
        #expect(settings.forgetsHistory("meadow") && !settings.forgetsHistory("ledger"))
        #expect(settings.entry(.forgetHistory, world: "ledger").source == .file("orge.json", line: 3))
        #expect(settings.entry(.forgetHistory, world: "meadow").source == .file("orge.json", line: 1))
        #expect(settings.worldsWithSettings == ["ledger"])
        let environment = SettingsSources(environment: ["ORGE_FORGET_HISTORY": "true"], file: file).effective
        #expect(environment.forgetsHistory("ledger") && environment.entry(.forgetHistory, world: "ledger").source == .environment("ORGE_FORGET_HISTORY"))
        let flags = try SettingsOptions.parse(["--no-forget-history"]).values().values
        #expect(!SettingsSources(flags: flags, environment: ["ORGE_FORGET_HISTORY": "true"], file: file).effective.forgetsHistory("meadow"))
    }

    @Test("Without any source everything has its default")
    func defaults() {
        let settings = SettingsSources().effective
        #expect(settings.effective.allSatisfy { $0.source == .fallback && $0.value == $0.setting.fallback && $0.world == nil })
        #expect(settings.port == 9512 && settings.address == "127.0.0.1" && settings.maxClients == 1_000 && settings.edges == 1)
        #expect(settings.worlds.isEmpty && settings.data == nil && !settings.isDevelopment && settings.bots == 0)
    }

    @Test("Paths in a file count from its folder; others stay as they are")
    func paths() {
        let text = #"{"worlds": ["a/meadow", "/b/ledger"], "data": "d"}"#
        let settings = SettingsSources(file: settingsFile(text, path: "/etc/orge/o.json")).effective
        #expect(settings.worlds == ["/etc/orge/a/meadow", "/b/ledger"] && settings.data == "/etc/orge/d")
        #expect(SettingsSources(file: settingsFile(text, path: "o.json")).effective.worlds == ["a/meadow", "/b/ledger"])
        #expect(SettingsSources(environment: ["ORGE_WORLDS": "a/meadow:/b/ledger"]).effective.worlds == ["a/meadow", "/b/ledger"])
    }

    @Test("Nothing of a secret is kept, and every value of `show` names its source")
    func secrets() {
        let settings = SettingsSources(environment: ["ORGE_DEV_TOKEN": "0123456789abcdef", "ORGE_EDGES": "2"]).effective
        let shown = SettingsListing.lines(settings).joined(separator: "\n") + SettingsListing.document(settings).text
        #expect(!shown.contains("0123456789abcdef") && !shown.contains("TOKEN"))
        #expect(settings.warnings.isEmpty)
        let lines = SettingsListing.lines(settings).map { $0.split(separator: " ").map(String.init) }
        #expect(lines.contains(["edges", "2", "environment", "ORGE_EDGES"]))
    }
}

@Suite("Settings: faults") struct SettingsFaultTests {
    @Test(
        "A fault in a file is named with its line and key",
        arguments: [
            ("{\n\n\n\"max_clients\": 0}", ["orge.json:4: max_clients: 0 is not in 1...100000"]),
            ("{\"max_client\": 1}", ["orge.json:1: max_client: there is no such setting; did you mean max_clients?"]),
            ("{\"max-clients\": 1}", ["orge.json:1: max-clients: there is no such setting; did you mean max_clients?"]),
            ("{\"colour\": 1}", ["orge.json:1: colour: there is no such setting"]),
            ("{\"port\": \"9512\"}", ["orge.json:1: port: is a string, not an integer"]),
            ("{\"port\":\nnull}", ["orge.json:2: port: is null, not an integer"]),
            ("{\"port\": 1.0}", ["orge.json:1: port: 1.0 is not an integer in 0...65535"]),
            ("{\"port\": 99999999999999999999}", ["orge.json:1: port: 99999999999999999999 is not an integer in 0...65535"]),
            ("{\"port\": true}", ["orge.json:1: port: is a boolean, not an integer"]),
            ("{\"dev\": 1}", ["orge.json:1: dev: is a number, not true or false"]),
            ("{\"address\": \"\"}", ["orge.json:1: address: a text is empty"]),
            ("{\"worlds\": \"a\"}", ["orge.json:1: worlds: is a string, not a list of paths"]),
            ("{\"worlds\": [\"a\",\n1]}", ["orge.json:1: worlds: an element is a number, not a path"]),
            ("{\"port\": 1,\n\"port\": 2}", ["orge.json:2: port: is given twice, first in line 1"]),
            ("[]", ["orge.json:1: the file is a list, not an object"]),
            ("", ["orge.json:1: the text ends where a value is expected"]),
            ("{\"port\": 1,\n}", ["orge.json:2: a key in double quotes is expected"]),
            ("{\"world_settings\": []}", ["orge.json:1: world_settings: is a list, not an object"]),
            ("{\"world_settings\": {\"1\": {}}}", ["orge.json:1: world_settings.1: is not the name of a world"]),
            ("{\"world_settings\": {\"a\": 1}}", ["orge.json:1: world_settings.a: is a number, not an object"]),
            (
                "{\"world_settings\": {\"a\": {\n\"port\": 1}}}",
                ["orge.json:2: world_settings.a.port: is a setting of the whole server, not of one world"]
            ),
            (
                "{\"world_settings\": {\"a\": {\"forget_histori\": true}}}",
                ["orge.json:1: world_settings.a.forget_histori: there is no such setting; did you mean forget_history?"]
            ),
            ("{\"edges\": 0,\n\"port\": -1}", ["orge.json:1: edges: 0 is not in 1...32", "orge.json:2: port: -1 is not in 0...65535"]),
            ("{\"bots\":\n 5}", ["orge.json:2: bots: works in development mode only. Add --dev, or set dev to true."]),
            ("{\"bots\": 5, \"dev\": true}", []), ("{\"bots\": 0}", []), ("{}", []), ("{\"data\": \"x\"}", []),
        ])
    func file(text: String, faults: [String]) { #expect(SettingsSources(file: settingsFile(text)).faults.map(\.description) == faults) }

    @Test("The file in the data folder cannot name the data folder")
    func dataFolder() {
        let faults = settingsFile("{\"data\": \"x\"}", path: "d/orge.json", isInDataFolder: true).faults
        #expect(faults.map(\.description) == ["d/orge.json:1: data: this file lies in the data folder, so it cannot name it"])
    }

    @Test("All faults of all sources are told at once")
    func everything() throws {
        let sources = SettingsSources(environment: ["ORGE_PORT": "x", "ORGE_DEV": "maybe"], file: settingsFile("{\"edges\": 0}"))
        let failure = try #require(throws: CommandFailure.self) { try sources.settings() }
        #expect(failure.cause == "ORGE_DEV: \"maybe\" is not true or false\nORGE_PORT: \"x\" is not an integer\norge.json:1: edges: 0 is not in 1...32")
    }

    @Test(
        "A name in the environment that was probably meant to be a setting is told; other names are not",
        arguments: [
            ("ORGE_MAX_CLIENT", "ORGE_MAX_CLIENTS"), ("ORGE_CLIENTS", "ORGE_MAX_CLIENTS"), ("ORGE_PORTS", "ORGE_PORT"), ("ORGE_EDGES", nil),
            ("ORGE_DEV_TOKEN", nil), ("ORGE_BIN", nil), ("ORGE_SEED", nil), ("ORGE_KEEP", nil), ("PORT", nil), ("ORGE_TEST_STRICT", nil),
        ])
    func environment(name: String, meant: String?) {
        let environment = SettingsEnvironment([name: "1"])
        #expect(environment.warnings == meant.map { ["\(name) in the environment is not a setting and is ignored; did you mean \($0)?"] } ?? [])
        #expect(environment.texts.map(\.setting.environmentName) == (name == "ORGE_EDGES" ? [name] : []))
    }
}
