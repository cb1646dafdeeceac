/// A place in the host's work at which a test has the process killed, by SIGKILL and without any warning to its own code.
///
/// Only debug builds have them. There a file that the environment names (``CrashPlan``) says which point, and which passage of it. In a release build
/// passing one is nothing, and a program that is started with that variable refuses to run: it would not do what the variable asks.
enum CrashPoint: String, CaseIterable {
    case beforeSeal = "before-seal"
    case afterSeal = "after-seal"
    case beforeWrite = "before-write"
    case afterWrite = "after-write"
    case beforeSync = "before-sync"
    case afterSync = "after-sync"
    case beforeRelease = "before-release"
    case afterRelease = "after-release"
    case beforeImageRename = "before-image-rename"
    case afterImageRename = "after-image-rename"
    /// The removal of a segment that images have made needless.
    case beforeTruncation = "before-truncation"
    case afterTruncation = "after-truncation"
    /// A decision about an earlier tick, such as to skip a command, is recorded.
    case beforeAmendment = "before-amendment"
    case afterAmendment = "after-amendment"

    /// Names the file.
    static let variable = "WORLD_TEST_CRASHES"

    #if DEBUG
        /// The host serves its world from now on.
        static func serve() { CrashPlan.current?.serve() }
        func pass() { CrashPlan.current?.pass(self) }
    #else
        @inline(__always) static func serve() {}
        @inline(__always) func pass() {}
    #endif
}
