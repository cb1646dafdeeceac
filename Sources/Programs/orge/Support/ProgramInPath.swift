import FoundationEssentials
import OrgeSystem

/// The path of a program that PATH has; nil for none.
func programInPath(_ name: String) -> String? {
    let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
    return folders.map { "\($0)/\(name)" }.first(where: isExecutableFile)
}
