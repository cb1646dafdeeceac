import Glibc
import OrgeFuzz

#if FUZZING
    /// libFuzzer's entry when the program keeps its own `main`; the sanitizer's library brings it.
    @_silgen_name("LLVMFuzzerRunDriver")
    private func runDriver(
        _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
        _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
    ) -> CInt

    // SAFETY: set once before libFuzzer's single thread begins to call back.
    private nonisolated(unsafe) var current: FuzzTarget?

    extension OrgeFuzzMain {
        /// Hands over to libFuzzer; it ends the process.
        static func fuzz(_ target: FuzzTarget) {
            unsafe current = target
            var words: [UnsafeMutablePointer<CChar>?] = unsafe []
            for word in CommandLine.arguments { unsafe words.append(strdup(word)) }
            unsafe words.append(nil)
            var count = CInt(CommandLine.arguments.count)
            unsafe words.withUnsafeMutableBufferPointer { buffer in
                var base = buffer.baseAddress
                let code = unsafe runDriver(&count, &base) { bytes, count in
                    unsafe current?.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
                    return 0
                }
                exit(code)
            }
        }
    }
#else
    extension OrgeFuzzMain {
        static func fuzz(_ target: FuzzTarget) { fail("built without libFuzzer: use Fuzz/run") }
    }
#endif
