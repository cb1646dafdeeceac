internal import OrgeJournal
internal import OrgeSchema

/// The state of a ``SimulatedStorage``. Few files and few names: everything is looked up by walking arrays.
struct SimulatedDisk {
    /// What a file is, apart from its names.
    struct Inode {
        /// What reads see: the page cache.
        var bytes: [UInt8] = []
        /// What is on the disk for certain.
        var durable: [UInt8] = []
        /// Writes since the last sync, in order.
        var pending: [(offset: Int, bytes: [UInt8])] = []
    }

    struct Name {
        var path: StoragePath
        var inode: Int
    }

    /// A change of names since the folder's last sync.
    enum NameChange {
        case link(StoragePath, inode: Int)
        case unlink(StoragePath)
        case rename(StoragePath, to: StoragePath, inode: Int)

        var folder: StorageFolder {
            switch self {
            case .link(let path, _), .unlink(let path), .rename(let path, _, _): path.folder
            }
        }
    }

    var plan: FaultPlan
    var random: RandomSource
    var inodes: [Inode] = []
    var names: [Name] = []
    var durableNames: [Name] = []
    var pendingNames: [NameChange] = []
    /// Inodes of open files; a file's handle is its index plus `firstHandle`. Handles are never used twice, so one from before a crash is told apart.
    var open: [Int?] = []
    var firstHandle: Int32 = 0
    var lockHolder: Int32?
    var operations = 0
    var syncs = 0
    var writes = 0
    var isDown = false

    init(seed: UInt64, plan: FaultPlan) {
        self.plan = plan
        random = RandomSource(seed: seed)
    }

    // MARK: - Calls

    mutating func lock(_ holder: Int32) throws(JournalError) {
        try begin()
        if let lockHolder {
            throw JournalError(.locked, "the world's data is in use by process \(lockHolder); stop it first", path: StoragePath(.world, "lock"))
        }
        lockHolder = holder
        try end()
    }

    mutating func list(_ folder: StorageFolder) throws(JournalError) -> [String] {
        try begin()
        try end()
        return names.filter { $0.path.folder == folder }.map(\.path.name).sorted()
    }

    mutating func read(_ path: StoragePath, _ offset: Int, _ count: Int) throws(JournalError) -> [UInt8] {
        try begin()
        try end()
        let bytes = inodes[try inode(path)].bytes
        return Array(bytes.dropFirst(offset).prefix(count))
    }

    /// Unsynced pages stay in the cache, and reads see them; those of a failed sync are clean, and go.
    mutating func readBack(_ path: StoragePath, _ count: Int) throws(JournalError) -> [UInt8] {
        try begin()
        try end()
        let inode = try inode(path)
        if inodes[inode].pending.isEmpty { inodes[inode].bytes = inodes[inode].durable }
        return Array(inodes[inode].bytes.prefix(count))
    }

    private var usedBytes: Int { names.reduce(0) { $0 + inodes[$1.inode].bytes.count } }

    mutating func create(_ path: StoragePath, _ size: Int) throws(JournalError) -> StorageFile {
        try begin()
        guard !names.contains(where: { $0.path == path }) else { throw JournalError(.exists, "the file is there already", cause: 17, path: path) }
        guard size <= plan.capacity - usedBytes else { throw JournalError(.full, "no room for \(size) bytes; free some", cause: 28, path: path) }
        inodes.append(Inode(bytes: [UInt8](repeating: 0, count: size)))
        names.append(Name(path: path, inode: inodes.count - 1))
        pendingNames.append(.link(path, inode: inodes.count - 1))
        open.append(inodes.count - 1)
        try end()
        return StorageFile(raw: firstHandle + Int32(open.count - 1))
    }

    mutating func write(_ file: StorageFile, _ offset: Int, _ bytes: [UInt8]) throws(JournalError) {
        try begin()
        let inode = try inode(file)
        precondition(offset >= 0 && offset <= inodes[inode].bytes.count, "a write beyond the end of the file")
        let growth = max(0, offset + bytes.count - inodes[inode].bytes.count)
        guard growth == 0 || growth <= plan.capacity - usedBytes else {
            throw JournalError(.full, "no room for \(growth) bytes; free some", cause: 28)
        }
        let fails = plan.failedWrites.contains(writes)
        writes += 1
        let written = fails ? Array(bytes.prefix(random.below(bytes.count + 1))) : bytes
        inodes[inode].bytes.replaceSubrange(offset..<min(offset + written.count, inodes[inode].bytes.count), with: written)
        inodes[inode].pending.append((offset, written))
        try end()
        if fails { throw JournalError(.system, "the write failed", cause: 5) }
    }

    mutating func sync(_ file: StorageFile) throws(JournalError) {
        try begin()
        let inode = try inode(file)
        try end()
        if syncFails() {
            inodes[inode].loseUnsynced(&random, keepsCache: true)
            throw JournalError(.system, "the sync failed", cause: 5)
        }
        inodes[inode].settle()
    }

    mutating func close(_ file: StorageFile) {
        guard file.raw >= firstHandle else { return }
        open[Int(file.raw - firstHandle)] = nil
    }

    mutating func rename(_ path: StoragePath, to name: String) throws(JournalError) {
        try begin()
        let inode = try inode(path)
        let change = NameChange.rename(path, to: StoragePath(path.folder, name), inode: inode)
        pendingNames.append(change)
        Self.apply(change, to: &names)
        try end()
    }

    mutating func link(_ file: StorageFile, _ path: StoragePath) throws(JournalError) {
        try begin()
        let inode = try inode(file)
        guard !names.contains(where: { $0.path == path }) else { throw JournalError(.exists, "the file is there already", cause: 17, path: path) }
        guard names.contains(where: { $0.inode == inode }) else { throw JournalError(.missing, "the file has no name any more", cause: 2, path: path) }
        pendingNames.append(.link(path, inode: inode))
        Self.apply(.link(path, inode: inode), to: &names)
        try end()
    }

    mutating func exists(_ path: StoragePath) throws(JournalError) -> Bool {
        try begin()
        try end()
        return names.contains { $0.path == path }
    }

    mutating func delete(_ path: StoragePath) throws(JournalError) {
        try begin()
        _ = try inode(path)
        pendingNames.append(.unlink(path))
        Self.apply(.unlink(path), to: &names)
        try end()
    }

    mutating func sync(folder: StorageFolder) throws(JournalError) {
        try begin()
        try end()
        if syncFails() { throw JournalError(.system, "the sync failed", cause: 5) }
        for change in pendingNames where change.folder == folder { Self.apply(change, to: &durableNames) }
        pendingNames.removeAll { $0.folder == folder }
        dropUnnamed()
    }

    mutating func damage(_ path: StoragePath, _ change: (inout [UInt8]) -> Void) throws(JournalError) {
        let inode = try inode(path)
        change(&inodes[inode].bytes)
        inodes[inode].durable = inodes[inode].bytes
        inodes[inode].pending = []
    }

    // MARK: - Parts

    private mutating func begin() throws(JournalError) {
        if isDown { throw Self.powerIsOut }
        guard plan.failedOperations.contains(operations) else { return }
        operations += 1
        throw JournalError(.system, "input/output error", cause: 5)
    }

    /// The power fails when the operation has begun to take effect; its result is not known.
    private mutating func end() throws(JournalError) {
        operations += 1
        guard plan.powerCut == operations - 1 else { return }
        isDown = true
        throw Self.powerIsOut
    }

    private static let powerIsOut = JournalError(.system, "the power is cut")

    private mutating func syncFails() -> Bool {
        syncs += 1
        return plan.failedSyncs.contains(syncs - 1)
    }

    private func inode(_ path: StoragePath) throws(JournalError) -> Int {
        guard let name = names.first(where: { $0.path == path }) else { throw JournalError(.missing, "the file is not there", cause: 2, path: path) }
        return name.inode
    }

    private func inode(_ file: StorageFile) throws(JournalError) -> Int {
        guard file.raw >= firstHandle, let inode = open[Int(file.raw - firstHandle)] else { throw JournalError(.system, "the file is not open", cause: 9) }
        return inode
    }

    static func apply(_ change: NameChange, to names: inout [Name]) {
        switch change {
        case .link(let path, let inode):
            names.removeAll { $0.path == path }
            names.append(Name(path: path, inode: inode))
        case .unlink(let path):
            names.removeAll { $0.path == path }
        case .rename(let path, let target, let inode):
            names.removeAll { $0.path == path || $0.path == target }
            names.append(Name(path: target, inode: inode))
        }
    }
}
