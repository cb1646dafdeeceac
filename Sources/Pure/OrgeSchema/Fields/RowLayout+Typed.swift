/// Rows as a person types them: `to=3:17.2 amount=250 text="good morning"`.
extension RowLayout {
    /// Reads fields in the form `NAME=VALUE`, in any order; every field is needed.
    /// - Parameter owner: the command's or intent's name, for messages.
    public func parse(_ fields: [String], of owner: String) throws(TypedRowError) -> [FieldValue] {
        var values: [FieldValue?] = Array(repeating: nil, count: self.fields.count)
        for field in fields {
            let (index, text) = try split(field, of: owner)
            guard values[index] == nil else { throw TypedRowError("\(self.fields[index].name) is given twice") }
            do throws(ValueError) { values[index] = try self.fields[index].parse(text) } catch { throw TypedRowError("\(error)") }
        }
        let missing = zip(self.fields, values).filter { $0.1 == nil }.map(\.0.name)
        guard missing.isEmpty else {
            throw TypedRowError("\(owner) needs \(missing.joined(separator: ", "))", remedy: "Add \(missing.map { "\($0)=…" }.joined(separator: " "))")
        }
        return values.compactMap { $0 }
    }

    private func split(_ field: String, of owner: String) throws(TypedRowError) -> (index: Int, text: String) {
        guard let sign = field.firstIndex(of: "=") else {
            throw TypedRowError("\"\(field)\" is no field", remedy: "Write NAME=VALUE, such as \(fields.first?.name ?? "amount")=…")
        }
        let name = String(field[..<sign])
        guard let index = index(ofField: name) else {
            throw TypedRowError("\(owner) has no field \(name)", remedy: "It has: \(fields.map(\.name).joined(separator: ", "))")
        }
        return (index, String(field[field.index(after: sign)...]))
    }

    /// The row as ``parse(_:of:)`` reads it and as a shell would pass it on: each field with a space before it, quoted where it must be.
    /// - Precondition: as many values as fields.
    public func typed(_ values: [FieldValue]) -> String {
        precondition(values.count == fields.count, "a row has a value for each field")
        return zip(fields, values).map { " \($0.name)=\(quotedForShell("\($1)"))" }.joined()
    }
}

/// Why a typed row was rejected.
public struct TypedRowError: Error, Equatable, Sendable, CustomStringConvertible {
    public var message: String
    /// A sentence; nil where the message says it all.
    public var remedy: String?

    init(_ message: String, remedy: String? = nil) {
        self.message = message
        self.remedy = remedy
    }

    public var description: String { remedy.map { "\(message). \($0)" } ?? message }
}

/// The text in double quotes unless it is made of characters that no shell interprets.
package func quotedForShell(_ text: String) -> String {
    func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: Array("+-.,:_/%@".utf8).contains(byte)
        }
    }
    guard text.isEmpty || !text.utf8.allSatisfy(isPlain) else { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars {
        if ["\"", "\\", "$", "`"].contains(scalar) { quoted += "\\" }
        quoted.unicodeScalars.append(scalar)
    }
    return quoted + "\""
}

/// A line cut into words as a shell cuts it: at spaces that are not in double quotes; a backslash in quotes takes the next character as it is.
/// - Returns: nil when a quote is not closed.
public func typedWords(_ line: String) -> [String]? {
    var words: [String] = []
    var word: String?
    var (isQuoted, isEscaped) = (false, false)
    for scalar in line.unicodeScalars {
        if isEscaped {
            word?.unicodeScalars.append(scalar)
            isEscaped = false
        } else if scalar == "\\", isQuoted {
            isEscaped = true
        } else if scalar == "\"" {
            isQuoted.toggle()
            word = word ?? ""
        } else if scalar == " ", !isQuoted {
            if let ended = word { words.append(ended) }
            word = nil
        } else {
            word = word ?? ""
            word?.unicodeScalars.append(scalar)
        }
    }
    if let ended = word { words.append(ended) }
    return isQuoted || isEscaped ? nil : words
}
