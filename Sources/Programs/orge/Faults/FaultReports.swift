import OrgeControl
import OrgeSchema
import OrgeSystem

/// Reports of examinations, as files in DIR/worlds/NAME/faults: one for each blamed piece of work, the newest ones kept.
enum FaultReports {
    static let folderName = "faults"
    /// Files of one world. A fault is rare; a hundred of one kind say no more than some dozens.
    static let filesLimit = 64

    /// `TICK-PHASE-SOURCE-SEQUENCE.txt`: sorts by tick.
    static func fileName(of entry: FlightEntry) -> String {
        let tick = String(repeating: "0", count: max(0, 20 - String(entry.tick).utf8.count)) + String(entry.tick)
        let work =
            switch entry.source {
            case nil: "\(entry.system)"
            case .session(let number): "\(number)-\(entry.sequence)"
            case .world(let world): "w\(world.world)-\(entry.sequence)"
            }
        return "\(tick)-\(entry.phase.name)-\(work).txt"
    }

    static func keep(_ text: String, of entry: FlightEntry, in world: ServerPlan.World) throws(SystemError) {
        let folder = try Folder(world.folder).folder(folderName)
        try folder.replace(fileName(of: entry), with: Array(text.utf8))
        let names = try folder.names().filter { $0.hasSuffix(".txt") }.sorted()
        for old in names.dropLast(filesLimit) { try folder.remove(old) }
    }
}
