/// What `llvm-objdump -t -dr -l --no-show-raw-insn` says of one object file: its symbols, and which of them the code of which line needs.
struct ObjectDump {
    /// A line of code needs a symbol: calls it, or takes its address.
    struct Reference: Hashable {
        /// Mangled.
        var symbol: String
        /// Absolute.
        var file: String
        var line: Int
    }

    /// Each once, in order.
    private(set) var references: [Reference] = []
    /// The functions that the file has, mangled, each with the first line of it that is known.
    private(set) var functions: [Reference] = []
    /// The conformance descriptors that the file has, mangled.
    private(set) var conformances: [Substring] = []

    init(_ text: String) {
        var (function, place): (Substring?, (file: Substring, line: Int)?) = (nil, nil)
        var last: Reference?
        for line in text.split(separator: "\n") {
            if let name = Self.conformance(line) {
                conformances.append(name)
            } else if let name = Self.functionName(line) {
                (function, place) = (name, nil)
                // What has no line is known too: as a name that the file defines.
                functions.append(Reference(symbol: String(name), file: "", line: 0))
            } else if let found = Self.place(line) {
                place = found
                if let name = function.take() { functions[functions.count - 1] = Reference(symbol: String(name), file: String(found.file), line: found.line) }
            } else if let place, let symbol = Self.symbol(line) {
                let reference = Reference(symbol: String(symbol), file: String(place.file), line: place.line)
                if reference != last { references.append(reference) }
                last = reference
            }
        }
    }

    /// The first line of a file that the first function of a dump names.
    static func firstLine(of dump: String, in file: String) -> Int? {
        let lines = dump.split(separator: "\n").drop { functionName($0) == nil }.dropFirst()
        return lines.prefix { functionName($0) == nil }.lazy.compactMap(place).first { $0.file == file }?.line
    }

    /// `0000000000000000 g     O .rodata\t0000000000000010 $s5tally3AddV9OrgeWorld7CommandAAMc`
    private static func conformance(_ line: Substring) -> Substring? {
        guard line.hasSuffix("Mc"), line.utf8.first == UInt8(ascii: "0"), !line.contains("*UND*"), let space = line.lastIndex(of: " ") else { return nil }
        return line[line.index(after: space)...]
    }

    /// `0000000000000000 <$s5tally3AddV3runyyF>:`
    private static func functionName(_ line: Substring) -> Substring? {
        guard line.utf8.last == UInt8(ascii: ":"), line.utf8.first == UInt8(ascii: "0"), let start = line.firstIndex(of: "<") else { return nil }
        return line[line.index(after: start)...].dropLast(2)
    }

    /// `; /folder/Sources/tally/Tally.swift:12`
    private static func place(_ line: Substring) -> (file: Substring, line: Int)? {
        guard line.hasPrefix("; /"), let colon = line.lastIndex(of: ":"), let number = Int(line[line.index(after: colon)...]), number > 0 else { return nil }
        return (line[line.index(line.startIndex, offsetBy: 2)..<colon], number)
    }

    /// `\t\t0000000000000021:  R_X86_64_PLT32\t$ss5print_9separator10terminatoryypd_S2StF-0x4`, or `R_AARCH64_CALL26` and others.
    private static func symbol(_ line: Substring) -> Substring? {
        guard line.utf8.first == UInt8(ascii: "\t"), line.contains(":  R_"), let tab = line.lastIndex(of: "\t") else { return nil }
        let symbol = line[line.index(after: tab)...]
        guard let end = symbol.lastIndex(where: { $0 == "-" || $0 == "+" }), symbol[end...].dropFirst().hasPrefix("0x") else { return symbol }
        return symbol[..<end]
    }
}
