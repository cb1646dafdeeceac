internal import COrgeSystem
internal import OrgeBase

extension Descriptor {
    /// The SHA-256 of a file from its beginning to its end, in hexadecimal. An executable of 20 MB takes some 20 ms.
    package borrowing func fileDigest() throws(SystemError) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        _ = try checked(unsafe orge_sha256_file(number, &digest), "hash a file")
        return digest.hexadecimal
    }
}

/// The SHA-256 of bytes in memory, in hexadecimal; as fast as that of a file.
package func digest(of bytes: [UInt8]) -> String {
    var hash = orge_sha256()
    var digest = [UInt8](repeating: 0, count: 32)
    unsafe orge_sha256_begin(&hash)
    unsafe orge_sha256_add(&hash, bytes, bytes.count)
    unsafe orge_sha256_end(&hash, &digest)
    return digest.hexadecimal
}
