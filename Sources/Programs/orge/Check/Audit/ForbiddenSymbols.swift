/// What a world's code may not use, found by the mangled names of what it calls: a tick is a function of the state and its inputs.
enum ForbiddenSymbols {
    struct Match: Equatable {
        var kind: Finding.Kind
        /// As an author knows it.
        var name: String
    }

    /// - Returns: nil for what a world may use. The C library's functions are known by name; other C functions are not judged here.
    static func match(_ symbol: String) -> Match? {
        guard symbol.hasPrefix("$s") else { return inC(symbol) }
        guard !isMetadata(symbol) else { return nil }
        for module in ["10Foundation", "20FoundationEssentials"] {
            if let range = symbol.firstRange(of: module) { return Match(kind: .foundation, name: identifier(symbol[range.upperBound...]) ?? "Foundation") }
        }
        if let (_, kind, name) = swift.first(where: { symbol.hasPrefix($0.prefix) }) { return Match(kind: kind, name: name) }
        if symbol.hasSuffix("9hashValueSivg") || symbol.hasSuffix("9hashValueSivgTj") { return Match(kind: .unordered, name: "hashValue") }
        return ambientRandomness(symbol)
    }

    /// Metadata of a type is needed where a value of it is declared; what is done with the value has a line of its own.
    private static func isMetadata(_ symbol: String) -> Bool {
        ["Ma", "MD", "Md", "Mn", "Mp", "WP", "WL", "Wl", "Mc", "WOh", "WOc"].contains { symbol.hasSuffix($0) }
    }

    /// `random(in:)` and its like take a generator after `using`, or the system's.
    private static func ambientRandomness(_ symbol: String) -> Match? {
        for (mark, name) in [
            ("6random2in", "random(in:)"), ("6randomSb", "Bool.random()"), ("13randomElement", "randomElement()"),
            ("8shuffled", "shuffled()"), ("7shuffle", "shuffle()"),
        ] {
            if let range = symbol.firstRange(of: mark), !symbol[range.upperBound...].hasPrefix("5using"), isStandardLibrary(symbol) {
                return Match(kind: .randomness, name: name)
            }
        }
        return nil
    }

    /// `$sS…` are the standard library's short names, `$ss…` its long ones. An author's own `shuffled()` begins with its module.
    private static func isStandardLibrary(_ symbol: String) -> Bool { symbol.hasPrefix("$sS") || symbol.hasPrefix("$ss") }

    /// The name with its length before it, as names are mangled: `4DateV…`
    private static func identifier(_ rest: Substring) -> String? {
        let digits = rest.prefix { $0.isNumber }
        guard let length = Int(digits), (1...100).contains(length), rest.count >= digits.count + length else { return nil }
        return String(rest.dropFirst(digits.count).prefix(length))
    }

    private static let swift: [(prefix: String, kind: Finding.Kind, name: String)] = [
        ("$ss15ContinuousClock", .clock, "ContinuousClock"), ("$ss15SuspendingClock", .clock, "SuspendingClock"), ("$ss5ClockP", .clock, "Clock"),
        ("$sScT", .threads, "Task"), ("$sScG", .threads, "TaskGroup"), ("$sScg", .threads, "TaskGroup"),
        ("$s8Dispatch", .threads, "Dispatch"),
        ("$s15Synchronization", .threads, "Synchronization"), ("$s12Distributed", .threads, "Distributed"),
        ("$ss27SystemRandomNumberGenerator", .randomness, "SystemRandomNumberGenerator"),
        ("$sSD", .unordered, "Dictionary"), ("$sSh", .unordered, "Set"), ("$ss6HasherVAB", .unordered, "Hasher"),
        ("$ss6HasherV8finalize", .unordered, "Hasher"),
        ("$ss5print_", .input, "print"), ("$ss10debugPrint_", .input, "debugPrint"), ("$ss4dump_", .input, "dump"), ("$ss8readLine", .input, "readLine"),
        ("$ss11CommandLineO", .input, "CommandLine"), ("$s5Glibc", .input, "Glibc"), ("$s4Musl", .input, "Musl"),
    ]
}

extension ForbiddenSymbols {
    /// Of the C library, by its names.
    private static func inC(_ symbol: String) -> Match? {
        // The compiler's own check that code of the main actor runs there, as in a program's `main`.
        if ["swift_task_isCurrentExecutor", "swift_task_reportUnexpectedExecutor"].contains(symbol) { return nil }
        if symbol.hasPrefix("swift_task_") || symbol.hasPrefix("swift_asyncLet") { return Match(kind: .threads, name: "Task") }
        if symbol.hasPrefix("swift_defaultActor_") { return Match(kind: .threads, name: "actor") }
        if symbol.hasPrefix("pthread_") || symbol.hasPrefix("dispatch_") { return Match(kind: .threads, name: symbol) }
        if symbol.hasPrefix("arc4random") { return Match(kind: .randomness, name: symbol) }
        guard let kind = library.first(where: { $0.names.contains(symbol) })?.kind ?? (isMathematics(symbol) ? .float : nil) else { return nil }
        return Match(kind: kind, name: symbol)
    }

    private static let library: [(kind: Finding.Kind, names: [String])] = [
        (
            .clock,
            [
                "clock_gettime", "gettimeofday", "time", "clock", "times", "localtime", "localtime_r", "gmtime", "gmtime_r", "mktime", "nanosleep",
                "clock_nanosleep", "usleep", "sleep", "timerfd_create",
            ]
        ),
        (.threads, ["fork", "vfork", "clone", "posix_spawn", "execve", "execvp", "system", "popen", "signal", "sigaction", "kill", "raise", "sched_yield"]),
        (.randomness, ["rand", "rand_r", "srand", "random", "srandom", "drand48", "lrand48", "mrand48", "getrandom", "getentropy"]),
        (
            .input,
            [
                "fopen", "fdopen", "freopen", "fclose", "fread", "fwrite", "fgets", "fgetc", "fputs", "fputc", "puts", "putchar", "printf", "fprintf",
                "vprintf",
                "vfprintf", "scanf", "fscanf", "getline", "open", "openat", "creat", "close", "read", "write", "pread", "pwrite", "lseek", "mmap", "stat",
                "fstat",
                "lstat", "access", "unlink", "remove", "rename", "mkdir", "rmdir", "opendir", "readdir", "socket", "connect", "bind", "listen", "accept",
                "send",
                "sendto", "recv", "recvfrom", "select", "poll", "epoll_create1", "ioctl", "fcntl", "pipe", "dup", "dup2", "getenv", "setenv", "secure_getenv",
                "getpid", "gettid", "getppid", "getuid", "gethostname", "uname", "sysconf", "syscall", "exit", "_exit", "quick_exit", "atexit", "dlopen",
                "dlsym",
            ]
        ),
    ]

    /// Results of these differ in the last digit between processors. `sqrt`, `fma`, `fmod` and those that round do not.
    private static func isMathematics(_ symbol: String) -> Bool {
        let inexact = [
            "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sincos", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "exp", "exp2", "exp10", "expm1",
            "log", "log2", "log10", "log1p", "pow", "cbrt", "hypot", "erf", "erfc", "tgamma", "lgamma", "j0", "j1", "jn", "y0", "y1", "yn",
        ]
        return inexact.contains(symbol) || ((symbol.hasSuffix("f") || symbol.hasSuffix("l")) && inexact.contains(String(symbol.dropLast())))
    }
}
