import Glibc

/// A line for people, on standard error, where the supervisor puts this process's name in front.
func printError(_ text: String) {
    let line = text + "\n"
    _ = unsafe line.withCString { unsafe write(2, $0, strlen($0)) }
}
