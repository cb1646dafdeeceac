import OrgeSchema

/// JSON as it is printed for scripts: on one line, members in the order in which they are documented.
enum JSONValue: Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case count(UInt64)
    /// In thousandths: no float is printed, and no exponent.
    case thousandths(UInt64)
    case string(String)
    case array([JSONValue])
    case object([(String, JSONValue)])

    static func == (left: JSONValue, right: JSONValue) -> Bool { left.text == right.text }

    /// Nanoseconds as milliseconds.
    static func milliseconds(_ nanoseconds: UInt64) -> JSONValue { .thousandths(nanoseconds / 1_000) }

    /// 64 bits that are a name and no number: scripts lose the low bits of numbers.
    static func hexadecimal(_ value: UInt64) -> JSONValue { .string(value.hexadecimal) }

    static func pid(_ pid: Int32?) -> JSONValue { if let pid { .integer(Int(pid)) } else { .null } }

    var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .count(let value): text += String(value)
        case .thousandths(let value): text += thousandthsText(value)
        case .string(let value): text += value.quotedForJSON
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, (name, value)) in members.enumerated() {
                if index > 0 { text += "," }
                text += name.quotedForJSON
                text += ":"
                value.write(to: &text)
            }
            text += "}"
        }
    }
}

/// "12.345"
func thousandthsText(_ value: UInt64) -> String { "\(value / 1_000).\(padded(String(value % 1_000), to: 3))" }

private func padded(_ digits: String, to width: Int) -> String { String(repeating: "0", count: max(0, width - digits.count)) + digits }
