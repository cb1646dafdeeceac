import ArgumentParser
import OrgeJournal
import OrgeJournalFiles
import OrgeSchema
import OrgeSystem

/// Checks the history of worlds once, slowly, and ends: a side process of the supervisor.
///
/// Its output is lines: `checked WORLD TICK` where a segment is checked, `damaged WORLD SENTENCE` where one is not whole.
struct CheckHistory: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "check-history", abstract: "Checks history, for a supervisor.", shouldDisplay: false)

    @Option(name: .customLong("world")) var worlds: [String] = []
    /// Of worlds whose segments may be deleted meanwhile.
    @Option(name: .customLong("forgets")) var forgetting: [String] = []
    @Option var bytesPerSecond: Int

    func run() throws {
        nameThisProcess("orge-history")
        // Only when nothing else wants the processor or the disk. A process of its own, because a thread that waits at this priority may hold a lock of
        // the allocator or of the address space, and a tick would wait for it.
        try runAtIdlePriority()
        guard bytesPerSecond > 0 else { throw ValidationError("--bytes-per-second is at least 1") }
        let output = try Descriptor.output(1)
        for world in worlds {
            guard let sign = world.firstIndex(of: "=") else { throw ValidationError("--world is NAME=FOLDER") }
            try check(String(world[..<sign]), String(world[world.index(after: sign)...])) { try output.writeAll(Array(($0.printable + "\n").utf8)) }
        }
    }

    private func check(_ name: String, _ folder: String, _ say: (String) throws -> Void) throws {
        do {
            let storage = PacedStorage(try FileStorage(folder: folder, creates: false), bytesPerSecond: bytesPerSecond)
            guard var check = try HistoryCheck(storage, forgets: forgetting.contains(name)) else { return }
            while true {
                switch try check.step(storage) {
                case .checked: try say("checked \(name) \(check.checkedThrough)")
                case .damaged(let error): try say("damaged \(name) \(error)")
                case .caughtUp: return try say("checked \(name) \(check.checkedThrough)")
                }
            }
        } catch let error as JournalError {
            // No damage: the world is gone, or the disk does not answer. The next pass tries again.
            guard error.code != .missing else { return }
            try say("damaged \(name) \(error)")
        }
    }
}
