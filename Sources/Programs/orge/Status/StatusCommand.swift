import ArgumentParser

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the state of a running server, its edges and its worlds.",
        discussion: """
            tick_ms is execution only, over the last minute; late counts ticks that started late; hash is the state hash \
            after the last released tick. disk_bytes counts the allocated blocks of a world's journal, images and other files; \
            journal_bytes_per_hour the records written to its journal in the last hour, or since its host started, scaled to \
            an hour. checked_through is the last tick of the history that the background check has read, damage what it found; dropped is what the start \
            has dropped after the last whole record. A process that has not reported for two seconds is silent, for silent_ms; \
            paused says what a world waits for: storage, a call of the disk that lasts. A world is fenced when another server has its journal. \
            An edge's limit is the whole server's, its slots are what it may admit now.

            Examples:
              orge status --data data
              orge status --data data --json
            """
    )

    @Option(help: ArgumentHelp("The data folder of the server.", valueName: "dir"))
    var data: String

    @Flag(help: "Prints one JSON object on one line.")
    var json = false

    func run() throws {
        let text = try RunningServer.ask("status", data: data)
        if json {
            print(text)
        } else {
            for line in try StatusTable(RunningServer.decode(text)).lines { print(line) }
        }
    }
}
