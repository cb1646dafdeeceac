/// A folder of one world's data.
package enum StorageFolder: UInt8, CaseIterable, Sendable {
    /// `worlds/NAME`: lock, genesis and marks.
    case world
    /// `worlds/NAME/journal`: segments.
    case journal
    /// `worlds/NAME/images`: images.
    case images
}

/// A file in one of the three folders. Names have no slash: nothing here can leave the world's folder.
package struct StoragePath: Equatable, Sendable, CustomStringConvertible {
    package var folder: StorageFolder
    package var name: String

    /// - Precondition: the name is not empty and holds no slash.
    package init(_ folder: StorageFolder, _ name: String) {
        precondition(!name.isEmpty && !name.utf8.contains(0x2f), "a storage name is one name")
        self.folder = folder
        self.name = name
    }

    package var description: String { folder == .world ? name : "\(folder)/\(name)" }
}

/// An open file of one storage; means nothing to another.
package struct StorageFile: Equatable, Sendable {
    package let raw: Int32
    package init(raw: Int32) { self.raw = raw }
}
