import OrgeJournal

#if DEBUG
    /// The points that are calls of the disk.
    final class CrashStorage: ForwardingStorage {
        let base: any JournalStorage
        /// Of the journal's thread; the image thread's writes and syncs are no points.
        private let isJournal: Bool

        init(_ base: any JournalStorage, isJournal: Bool) {
            self.base = base
            self.isJournal = isJournal
        }

        func write(_ file: StorageFile, at offset: Int, _ bytes: [UInt8]) throws(JournalError) {
            if isJournal { CrashPoint.beforeWrite.pass() }
            try base.write(file, at: offset, bytes)
            if isJournal { CrashPoint.afterWrite.pass() }
        }

        func sync(_ file: StorageFile) throws(JournalError) {
            if isJournal { CrashPoint.beforeSync.pass() }
            try base.sync(file)
            if isJournal { CrashPoint.afterSync.pass() }
        }

        func rename(_ path: StoragePath, to name: String) throws(JournalError) {
            if path.folder == .images { CrashPoint.beforeImageRename.pass() }
            try base.rename(path, to: name)
            if path.folder == .images { CrashPoint.afterImageRename.pass() }
        }

        func remove(_ path: StoragePath) throws(JournalError) {
            if path.folder == .journal { CrashPoint.beforeTruncation.pass() }
            try base.remove(path)
            if path.folder == .journal { CrashPoint.afterTruncation.pass() }
        }
    }
#endif
