import Glibc

/// Which of the worlds this executable is: what a test has written behind its last byte, ` variant=NAME`, and where there is nothing, its file's name. A kept
/// copy of an executable has another name and the same bytes.
func chosenVariant() -> String {
    appended().map(String.init) ?? CommandLine.arguments[0].split(separator: "/").last.map(String.init) ?? ""
}

private func appended() -> Substring? {
    let file = unsafe open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { _ = close(file) }
    guard lseek(file, -64, SEEK_END) >= 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 64)
    guard unsafe read(file, &bytes, bytes.count) == bytes.count else { return nil }
    let words = String(decoding: bytes, as: UTF8.self).split(separator: " variant=")
    return words.count == 2 ? words[1] : nil
}
