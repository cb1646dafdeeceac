import ArgumentParser
import OrgeJournal
import OrgeJournalFiles
import OrgeSystem

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says what is wrong with a data folder, what is intact, and what can be saved.",
        discussion: """
            Reads every file of every world, and tries the executables that are kept. Nothing is written. The exit code is 0 when all is whole, \
            and 1 when something is not.

            With --repair what can be saved is written into a new folder, never in place: for each world the state and the records that reach furthest. \
            The old folder stays as it is. The exit code is 0 when every world could be saved, with losses or without; they are told.

            Beside a running server the newest records may look damaged while they are written.

            Examples:
              orge doctor data
              orge doctor data --json
              orge doctor data --repair saved
            """
    )

    @Argument(help: ArgumentHelp("The data folder of a server.", valueName: "dir"))
    var data: String

    @Option(help: ArgumentHelp("Writes what can be saved into this folder, which must be new or empty.", valueName: "newdir"))
    var repair: String?

    @Flag(help: "Prints one JSON object on one line.")
    var json = false

    func run() throws {
        let folder = try existingFolder(data)
        let isFree = try folder.lock()
        if repair != nil, !isFree {
            throw CommandFailure("a server is at work on the data folder \(data)", remedy: "Stop it first: what it still writes would not be saved.")
        }
        let scratch = try ScratchFolder(below: nil)
        defer { scratch.remove() }
        let examined = try ExaminedFolder(data, folder, isInUse: !isFree, scratch: scratch.path)
        var saved: Bool?
        if let repair { saved = try FolderRepair(examined, from: data, into: repair).run() }
        if json { print(examined.document(saved: saved).text) } else { examined.lines(repaired: repair).forEach { print($0) } }
        if !(saved ?? examined.isWhole) { throw ExitCode(1) }
    }
}
