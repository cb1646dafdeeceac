import Glibc
import OrgeSchema

/// The name of the code that runs: a hash over this executable's bytes, read once.
///
/// Libraries that are linked dynamically are not in it: a release of a world links the Swift runtime statically.
func executableHash() throws(ProgramFailure) -> UInt64 {
    let file = unsafe open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw ProgramFailure(message: "cannot read its own executable (errno \(errno))") }
    defer { _ = close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0, status.st_size > 0 else { throw ProgramFailure(message: "cannot measure its own executable (errno \(errno))") }
    let size = Int(status.st_size)
    guard let bytes = unsafe mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0), unsafe bytes != MAP_FAILED else {
        throw ProgramFailure(message: "cannot map its own executable (errno \(errno))")
    }
    defer { unsafe munmap(bytes, size) }
    // Four sums side by side: a multiplication takes longer than it takes to begin the next one.
    var sums: (UInt64, UInt64, UInt64, UInt64) = (UInt64(size), 1, 2, 3)
    let words = size / 32
    for index in 0..<words {
        let place = unsafe bytes + index * 32
        sums.0 = fold64(sums.0, unsafe place.load(as: UInt64.self))
        sums.1 = fold64(sums.1, unsafe place.load(fromByteOffset: 8, as: UInt64.self))
        sums.2 = fold64(sums.2, unsafe place.load(fromByteOffset: 16, as: UInt64.self))
        sums.3 = fold64(sums.3, unsafe place.load(fromByteOffset: 24, as: UInt64.self))
    }
    for offset in words * 32..<size { sums.0 = fold64(sums.0, UInt64(unsafe bytes.load(fromByteOffset: offset, as: UInt8.self))) }
    return mix64(fold64(fold64(fold64(sums.0, sums.1), sums.2), sums.3))
}
