import OrgeSystem

/// Whether Swift's runtime prints a backtrace when a child of ours traps: an entry of its environment.
enum BacktraceSetting {
    static let off = "SWIFT_BACKTRACE=enable=no"

    /// Lines of the world's code: no symbols of other images, no registers.
    ///
    /// The printing program belongs to the Swift toolchain. A world with Swift's libraries inside does not know where that is, so it is told, when there is a
    /// toolchain in PATH; without one the message alone is kept.
    /// - Parameter images: tells where in memory the executables and libraries lie that the frames are of.
    static func on(frames: Int, images: Bool = false) -> String {
        var setting = "SWIFT_BACKTRACE=enable=yes,interactive=no,color=no,threads=crashed,registers=none,output-to=stderr"
        setting += ",images=\(images ? "mentioned" : "none"),limit=\(frames)"
        if let program { setting += ",swift-backtrace=\(program)" }
        return setting
    }

    /// Beside the folder of `swift`. A comma in the path would end the setting's value.
    private static let program: String? = {
        guard let swift = programInPath("swift"), let binary = try? absolutePath(swift) else { return nil }
        let toolchain = binary.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
        let program = "\(toolchain)/libexec/swift/linux/swift-backtrace"
        return isExecutableFile(program) && !program.contains(",") ? program : nil
    }()
}
