import OrgeSystem

/// DIR/code: every executable that wrote a record which is still kept, by the SHA-256 of its bytes.
///
///     DIR/code/HASH        unpacked, mode 0500: code in charge of a world, and what has to settle its records
///     DIR/code/HASH.zst    the others
///
/// Files are written durably under another name first. Each use of a copy hashes it again: an altered one is never run.
struct CodeStore: ~Copyable {
    static let folderName = "code"
    /// An executable is compressed in memory, in one piece. Debug builds of worlds have 12 MB, with the Swift runtime linked statically 20 MB.
    static let bytesLimit = 1 << 29
    private static let packedSuffix = ".zst"
    private static let pieceBytes = 1 << 20

    private let folder: Folder

    /// - Parameter data: the data folder; the store's own is made in it.
    init(in data: borrowing Folder) throws { folder = try data.folder(Self.folderName) }

    /// Opens a store that is there.
    init(existing data: String) throws { folder = try Folder("\(data)/\(Self.folderName)") }

    /// Keeps the executable at this path, unpacked, and names it. A copy that was altered is replaced.
    func keep(_ path: String) throws -> CodeID {
        if try folder.forbidsPrograms() {
            throw CommandFailure(
                "programs may not be run from \(folder.path): its file system is mounted with noexec, and the executables of worlds are kept there",
                remedy: "Mount it without noexec, or give another data folder with --data.")
        }
        let file = try Descriptor.reading(path)
        let code = try Self.code(of: file)
        if case .whole = try condition(of: code, isPacked: false) { return code }
        do {
            try folder.replace(
                code.text, mode: 0o500, { try Self.next(file) },
                check: { copy throws in
                    guard try Self.code(of: copy) == code else {
                        throw CommandFailure("\(path) changed while it was read", remedy: "Start again once it is built.")
                    }
                })
        } catch let error as SystemError {
            throw CommandFailure("cannot keep a copy of \(path) in \(folder.path): \(error.reason)", remedy: "Make room for it there, or use another --data.")
        }
        return code
    }

    /// The path of a copy that can be run, checked now.
    func executable(_ code: CodeID) throws -> String {
        switch try condition(of: code, isPacked: false) {
        case .whole: return path(of: code)
        case .altered: throw altered(code.text)
        case .missing: try unpack(code, into: folder)
        }
        return path(of: code)
    }

    /// As ``executable(_:)``, and what has to be unpacked is unpacked into another folder: the store stays as it is.
    func executable(_ code: CodeID, unpackingInto scratch: String) throws -> String {
        switch try condition(of: code, isPacked: false) {
        case .whole: return path(of: code)
        case .altered: throw altered(code.text)
        case .missing: try unpack(code, into: try Folder(scratch))
        }
        return "\(scratch)/\(code)"
    }

    /// Checks that the code is kept, and says how it would have to be refused.
    func check(_ code: CodeID) throws {
        for isPacked in [false, true] {
            switch try condition(of: code, isPacked: isPacked) {
            case .whole: return
            case .altered: throw altered(isPacked ? code.text + Self.packedSuffix : code.text)
            case .missing: continue
            }
        }
        throw missing(code)
    }

    /// Where the unpacked copy lies.
    private func path(of code: CodeID) -> String { "\(folder.path)/\(code)" }

    /// Writes an unpacked copy into a folder, which may be another one than the store's.
    private func unpack(_ code: CodeID, into folder: borrowing Folder) throws {
        let name = code.text + Self.packedSuffix
        guard let packed = try self.folder.read(name, limit: Self.bytesLimit) else { throw missing(code) }
        guard let bytes = Zstd.decompressed(packed, limit: Self.bytesLimit) else { throw altered(name) }
        var parts = [bytes]
        try folder.replace(
            code.text, mode: 0o500, { parts.popLast() },
            check: { copy throws in
                guard try Self.code(of: copy) == code else { throw altered(name) }
            })
    }

    private enum Condition { case whole, altered, missing }

    private func condition(of code: CodeID, isPacked: Bool) throws -> Condition {
        guard isPacked else {
            guard let file = try folder.open(code.text) else { return .missing }
            return try Self.code(of: file) == code ? .whole : .altered
        }
        guard let packed = try folder.read(code.text + Self.packedSuffix, limit: Self.bytesLimit) else { return .missing }
        guard let bytes = Zstd.decompressed(packed, limit: Self.bytesLimit) else { return .altered }
        return digest(of: bytes) == code.text ? .whole : .altered
    }

    private func altered(_ name: String) -> CommandFailure {
        CommandFailure(
            "the kept executable \(folder.path)/\(name) was altered: its bytes do not have the hash in its name, and it is not run",
            remedy: "Restore that file from a backup. `orge doctor` says what it is needed for.")
    }

    private func missing(_ code: CodeID) -> CommandFailure {
        CommandFailure(
            "the executable \(code) is needed and is not kept in \(folder.path)",
            remedy: "Copy it there under that name, if you still have it: its SHA-256 is the name. `orge doctor` says what can be done without it.")
    }

    private static func code(of file: borrowing Descriptor) throws -> CodeID {
        guard let code = CodeID(try file.fileDigest()) else { preconditionFailure("a digest has 64 digits") }
        return code
    }

    private static func next(_ file: borrowing Descriptor) throws -> [UInt8]? {
        if case .bytes(let bytes) = try file.read(atMost: pieceBytes) { bytes } else { nil }
    }
}

/// Keeping house.
extension CodeStore {
    /// Names of everything that is kept.
    func codes() throws -> [CodeID] {
        var codes: [CodeID] = []
        for name in try folder.names().sorted() {
            let stem = name.hasSuffix(Self.packedSuffix) ? String(name.dropLast(Self.packedSuffix.count)) : name
            if let code = CodeID(stem), !codes.contains(code) { codes.append(code) }
        }
        return codes
    }

    /// Compresses what is unpacked and need not be. A copy that was altered is left as it is, to be found when it is needed.
    func pack(allBut unpacked: [CodeID]) throws {
        for code in try codes() where !unpacked.contains(code) {
            guard case .whole = try condition(of: code, isPacked: false), let bytes = try folder.read(code.text, limit: Self.bytesLimit) else { continue }
            try folder.replace(code.text + Self.packedSuffix, with: Zstd.compressed(bytes))
            try folder.remove(code.text)
        }
    }

    /// Removes code that nothing needs.
    func collect(needed: [CodeID]) throws {
        for code in try codes() where !needed.contains(code) {
            try folder.remove(code.text)
            try folder.remove(code.text + Self.packedSuffix)
        }
    }
}
