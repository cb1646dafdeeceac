import OrgeJournal
import OrgeJournalFiles
import OrgeSystem

/// Writes what can be saved of a data folder into a new one.
struct FolderRepair {
    private let examined: ExaminedFolder
    private let data: String
    private let target: String

    init(_ examined: ExaminedFolder, from data: String, into target: String) {
        (self.examined, self.data, self.target) = (examined, data, target)
    }

    /// - Returns: whether every world could be saved.
    func run() throws -> Bool {
        let folder = try Folder(target, creating: true)
        guard try folder.names().isEmpty else {
            throw CommandFailure("the folder \(target) is not empty", remedy: "Name a new one: nothing is repaired in place.")
        }
        try copyCode(into: folder)
        if let settings = try Folder(data).read(SettingsFile.fileName, limit: SettingsFile.bytesLimit) {
            try folder.replace(SettingsFile.fileName, with: settings)
        }
        let worlds = try folder.folder("worlds")
        var universe = examined.universe ?? UniverseFile()
        var isEverySaved = true
        for world in examined.worlds {
            guard let journal = world.journal, journal.rescue != nil, let identity = journal.identity else {
                isEverySaved = false
                continue
            }
            _ = try worlds.folder(world.name)
            do throws(JournalError) {
                let source = try FileStorage(folder: "\(data)/worlds/\(world.name)", creates: false)
                try journal.repair(source, into: try FileStorage(folder: "\(target)/worlds/\(world.name)"))
            } catch {
                throw CommandFailure("world \(world.name) could not be written into \(target): \(error)")
            }
            if !universe.worlds.contains(where: { $0.name == identity.name }) {
                universe.worlds.append(UniverseFile.World(number: identity.number, name: identity.name))
            }
        }
        // Last: a folder without it was not written to its end.
        try folder.replace(UniverseFile.fileName, with: universe.file)
        return isEverySaved
    }

    /// All kept executables, as they are: one that was altered is refused in the new folder as in the old one.
    private func copyCode(into folder: borrowing Folder) throws {
        guard isFolder("\(data)/\(CodeStore.folderName)") else { return }
        let source = try Folder("\(data)/\(CodeStore.folderName)")
        let target = try folder.folder(CodeStore.folderName)
        for name in try source.names().sorted() {
            guard let file = try source.open(name) else { continue }
            try target.replace(
                name, mode: 0o500, { if case .bytes(let bytes) = try file.read(atMost: 1 << 20) { bytes } else { nil } }, check: { _ in })
        }
    }
}
