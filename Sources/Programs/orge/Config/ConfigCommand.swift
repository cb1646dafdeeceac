import ArgumentParser
import Glibc
import OrgeSchema

/// `orge config`: looks at the settings of `orge serve` without starting anything.
struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows and checks the settings of orge serve.",
        discussion: """
            Each setting is a flag of `orge serve`, an environment variable and a key of orge.json in the data folder (or of the \
            file that --config names, which is then read in its place). A flag wins over the environment, the environment over \
            the file, the file over the default. docs/configuration.md lists them all.
            """,
        subcommands: [Show.self, Check.self, Table.self])
}

extension Config {
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints every setting as `orge serve` would use it now, and where its value comes from.",
            discussion: """
                Give the flags that `orge serve` gets, and run it in the same environment. A server that already runs on the data \
                folder goes on with the settings of its own start; this shows what the next start would use.

                Examples:
                  orge config show --data data
                  orge config show --config orge.json --max-clients 50 --json
                """)

        @OptionGroup var options: SettingsOptions

        @Flag(help: "Prints one JSON object on one line.")
        var json = false

        func run() throws {
            let settings = try SettingsSources(options).settings()
            try warn(settings.warnings)
            if json { print(SettingsListing.document(settings).text) } else { for line in SettingsListing.lines(settings) { print(line) } }
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Looks for faults in the settings: exit code 0 when there is none, otherwise 1 with all of them.",
            discussion: """
                Unknown keys, wrong types, values out of range and contradictions, each with file, line and key. `orge serve` does \
                the same before it starts anything.

                Examples:
                  orge config check --data data
                  orge config check --config orge.json
                """)

        @OptionGroup var options: SettingsOptions

        func run() throws {
            let sources = try SettingsSources(options)
            try warn(sources.environment.warnings)
            let settings = try sources.settings()
            print("No fault in \(settings.file.map { "\($0.printable), " } ?? "")the environment and the flags.")
        }
    }

    /// Prints the table of docs/configuration.md.
    struct Table: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Prints the table of settings for docs/configuration.md.", shouldDisplay: false)

        func run() { for line in SettingsTable.markdown { print(line) } }
    }
}

/// On standard error.
func warn(_ warnings: [String]) throws {
    let console = try Console(STDERR_FILENO)
    for warning in warnings { console.print("orge: warning: \(warning)") }
}
