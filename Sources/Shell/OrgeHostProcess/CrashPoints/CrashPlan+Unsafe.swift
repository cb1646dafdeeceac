import Glibc
import OrgeJournal
import OrgeSystem
import Synchronization

#if DEBUG
    /// When this process is to be killed. Each process of a world takes the first line of the file, `POINT PASSAGE MILLISECONDS`, out of it: it dies when it
    /// has served its world so long and passes the point so many times after that. With 0 it counts from its beginning, its start included.
    final class CrashPlan: Sendable {
        static let current: CrashPlan? = path.flatMap(CrashPlan.init)
        /// Bytes of records after which an image is due, so that a test need not wait for 16 MiB of them.
        static let imageBytes: Int? = path == nil ? nil : 4_096

        private static var path: String? { unsafe getenv(CrashPoint.variable).map { unsafe String(cString: $0) } }

        private let point: CrashPoint
        /// Nanoseconds of service before passages count.
        private let life: UInt64
        /// From when passages count.
        private let earliest: Atomic<UInt64>
        private let left: Atomic<Int>

        private init?(_ path: String) {
            guard let line = Self.takeLine(path) else { return nil }
            let words = line.split(separator: " ")
            guard words.count == 3, let point = CrashPoint(rawValue: String(words[0])), let passage = Int(words[1]), let life = UInt64(words[2]) else {
                preconditionFailure("a crash plan of \"\(line)\"")
            }
            self.point = point
            left = Atomic(passage)
            self.life = life * 1_000_000
            earliest = Atomic(life == 0 ? 0 : .max)
        }

        func serve() { earliest.store(life == 0 ? 0 : monotonicNanoseconds() + life, ordering: .relaxed) }

        func pass(_ point: CrashPoint) {
            guard point == self.point, monotonicNanoseconds() >= earliest.load(ordering: .relaxed) else { return }
            if left.subtract(1, ordering: .sequentiallyConsistent).newValue == 0 { kill(getpid(), SIGKILL) }
        }

        /// Takes the first line out of the file; nil when there is none.
        private static func takeLine(_ path: String) -> String? {
            guard let file = unsafe fopen(path, "r+") else { return nil }
            defer { unsafe fclose(file) }
            var bytes = [UInt8](repeating: 0, count: 1 << 20)
            let count = unsafe fread(&bytes, 1, bytes.count, file)
            guard let end = bytes[..<count].firstIndex(of: 10) else { return nil }
            let rest = Array(bytes[(end + 1)..<count])
            unsafe rewind(file)
            _ = unsafe fwrite(rest, 1, rest.count, file)
            unsafe fflush(file)
            _ = unsafe ftruncate(fileno(file), off_t(rest.count))
            return String(decoding: bytes[..<end], as: UTF8.self)
        }
    }
#endif

extension CrashPoint {
    /// The storage, with the points that are calls of the disk.
    static func watching(_ storage: any JournalStorage, isJournal: Bool) -> any JournalStorage {
        #if DEBUG
            CrashPlan.current == nil ? storage : CrashStorage(storage, isJournal: isJournal)
        #else
            storage
        #endif
    }

    static var imageBytes: Int? {
        #if DEBUG
            CrashPlan.imageBytes
        #else
            nil
        #endif
    }

    /// Why a program that was asked for crash points does not run; nil when it does.
    static var refusal: ProgramFailure? {
        #if DEBUG
            nil
        #else
            unsafe getenv(variable) == nil
                ? nil : ProgramFailure(message: "\(variable) is set, and this is a release build: it has no crash points", code: 2)
        #endif
    }
}
