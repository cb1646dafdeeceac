import Glibc
import OrgeFuzz

/// `orge-fuzz list`, `orge-fuzz seeds NAME FOLDER`, `orge-fuzz replay NAME FILE…`; built by `Fuzz/run` with libFuzzer inside it also takes
/// `ORGE_FUZZ=NAME orge-fuzz [libFuzzer's own arguments]`: by a variable, because libFuzzer starts itself again with its own words alone.
@main
enum OrgeFuzzMain {
    static func main() {
        if let name = unsafe getenv("ORGE_FUZZ") {
            guard let target = unsafe FuzzTarget.named(String(cString: name)) else { unsafe fail("there is no target \(String(cString: name))") }
            return fuzz(target)
        }
        let words = Array(CommandLine.arguments.dropFirst())
        switch (words.first, words.dropFirst().first.flatMap(FuzzTarget.named)) {
        case ("list", _): for target in FuzzTarget.all { print(target.name) }
        case ("seeds", let target?) where words.count == 3: writeSeeds(of: target, into: words[2])
        case ("replay", let target?): for path in words.dropFirst(2) { target.run(contents(of: path)) }
        default: fail("orge-fuzz list | seeds NAME FOLDER | replay NAME FILE…")
        }
    }

    private static func writeSeeds(of target: FuzzTarget, into folder: String) {
        for (number, seed) in target.seeds().enumerated() {
            let path = "\(folder)/seed-\(number)"
            guard let file = unsafe fopen(path, "w") else { fail("cannot write \(path)") }
            let written = unsafe fwrite(seed, 1, seed.count, file)
            guard unsafe fclose(file) == 0, written == seed.count else { fail("cannot write \(path)") }
        }
    }

    private static func contents(of path: String) -> [UInt8] {
        guard let file = unsafe fopen(path, "r") else { fail("cannot read \(path)") }
        defer { unsafe _ = fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = unsafe fgetc(file), byte != EOF { bytes.append(UInt8(byte)) }
        return bytes
    }

    static func fail(_ message: String) -> Never {
        let line = Array("orge-fuzz: \(message)\n".utf8)
        _ = unsafe write(STDERR_FILENO, line, line.count)
        exit(2)
    }
}
