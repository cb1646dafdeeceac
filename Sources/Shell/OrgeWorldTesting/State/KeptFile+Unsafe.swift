import Glibc

/// A text file beside a test, without Foundation.
struct KeptFile {
    let path: String

    /// - Returns: nil when there is none.
    func read() -> String? {
        guard let file = unsafe fopen(path, "rb") else { return nil }
        defer { _ = unsafe fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe fread(&piece, 1, piece.count, file)
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// - Returns: why it could not be written; nil when it was.
    func write(_ text: String) -> String? {
        makeFolder()
        guard let file = unsafe fopen(path, "wb") else { return unsafe String(cString: strerror(errno)) }
        let bytes = Array(text.utf8)
        let written = unsafe fwrite(bytes, 1, bytes.count, file)
        return unsafe fclose(file) == 0 && written == bytes.count ? nil : unsafe String(cString: strerror(errno))
    }

    private func makeFolder() {
        guard let slash = path.lastIndex(of: "/") else { return }
        _ = unsafe mkdir(String(path[..<slash]), 0o777)
    }

    /// Whether the person who runs the tests accepts new texts: `ORGE_ACCEPT=1 swift test`.
    static var isAccepting: Bool { unsafe getenv("ORGE_ACCEPT").map { unsafe String(cString: $0) } == "1" }
}
