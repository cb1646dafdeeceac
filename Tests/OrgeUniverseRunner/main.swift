import Glibc
import OrgeUniverse

do throws(TourProblem) {
    try Tour(arguments: Array(CommandLine.arguments.dropFirst())).run()
} catch {
    print(error)
    exit(1)
}
