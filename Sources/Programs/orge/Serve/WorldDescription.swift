import OrgeSchema
import OrgeSystem

/// What a world's executable says of itself when it is run as `WORLD describe`: one line, `NAME VERSION`.
struct WorldDescription: Equatable {
    var name: String
    var version: UInt16

    /// Names become folders and arguments: a letter, then letters, digits, `-` and `_`, 64 bytes at most.
    static func isName(_ text: String) -> Bool {
        func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte | 0x20) }
        guard let first = text.utf8.first, isLetter(first), text.utf8.count <= 64 else { return false }
        return text.utf8.allSatisfy { isLetter($0) || (48...57).contains($0) || $0 == 45 || $0 == 95 }
    }

    init?(line: String) {
        let words = line.split(separator: " ")
        guard words.count == 2, Self.isName(String(words[0])), let version = UInt16(words[1]) else { return nil }
        name = String(words[0])
        self.version = version
    }

    /// Runs the executable and waits for its answer, ten seconds at most.
    static func ask(_ path: String, environment: [String]) throws -> WorldDescription {
        let said = try BriefRun(path, [path, "describe"], environment: environment)
        if said.how == .exited(code: authorFaultCode), !said.errors.isEmpty {
            throw CommandFailure(
                "\(path) cannot be served: \(said.errors.split(whereSeparator: \.isNewline).joined(separator: "\n"))",
                remedy: "Its author has to correct that and build it again.")
        }
        guard said.how == .exited(code: 0) else {
            let end =
                switch said.how {
                case .exited(let code): "exited with status \(code)"
                case .killed(let signal): "was ended by signal \(signal)"
                case nil: "did not end within ten seconds"
                }
            let words = said.errors.isEmpty ? "" : "; its words:\n\(said.errors)"
            throw CommandFailure("\(path) cannot be served: `\(path) describe` \(end)\(words)", remedy: remedy)
        }
        let lines = said.output.split(whereSeparator: \.isNewline)
        guard lines.count == 1, let identity = WorldDescription(line: String(lines[0])) else {
            throw CommandFailure("\(path) cannot be served: `\(path) describe` did not print one line \"NAME VERSION\"", remedy: remedy)
        }
        return identity
    }

    /// Runs the executable as `WORLD describe --schema` and reads the schema document that it prints.
    /// - Parameter name: what the program is called for itself.
    static func schema(of path: String, as name: String, environment: [String]) throws -> WorldSchema {
        let said = try BriefRun(path, [name, "describe", "--schema"], environment: environment, bytesLimit: 2 * WorldSchema.documentLimit + 1)
        let digits = said.output.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        guard said.how == .exited(code: 0), let bytes = [UInt8](hexadecimal: digits), let schema = try? WorldSchema(decoding: bytes) else {
            throw CommandFailure("\(path) does not tell its schema: `describe --schema` printed no document", remedy: remedy)
        }
        return schema
    }

    /// `ProgramFailure.authorFaultCode` of a world's program: one line says where its declaration is invalid.
    static let authorFaultCode: Int32 = 65
    private static let remedy = "Is it a world's executable, built with the same version of Orge?"
}
