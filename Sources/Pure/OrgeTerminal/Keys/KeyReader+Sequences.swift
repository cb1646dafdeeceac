/// Keys that a terminal sends as sequences: ECMA-48 with the parameters of xterm.
extension KeyReader {
    mutating func escape(_ byte: UInt8) -> Key? {
        switch byte {
        case 0x5b: state = .sequence([])
        case 0x4f: state = .single
        case 0x1b: return .escape
        default:
            state = .ground
            return Self.key(alt: byte)
        }
        return nil
    }

    /// A key with Alt.
    private static func key(alt byte: UInt8) -> Key? {
        switch byte {
        case 0x62: .wordLeft
        case 0x66: .wordRight
        case 0x08, 0x7f: .control("w")
        default: nil
        }
    }

    mutating func sequence(_ byte: UInt8, _ parameters: [UInt8]) -> Key? {
        switch byte {
        case 0x1b:
            state = .escape
            return nil
        case 0x20...0x3f:
            // Longer than any key: read to its end, and known for none.
            state = .sequence(parameters.count < TerminalLimits.sequenceBytes ? parameters + [byte] : parameters)
            return nil
        case 0x40...0x7e:
            state = .ground
            guard byte == 0x7e, parameters == Self.pasteBegins else {
                return parameters.count < TerminalLimits.sequenceBytes ? Self.key(final: byte, parameters) : nil
            }
            state = .paste([])
            return nil
        default: return nil
        }
    }

    static func key(final byte: UInt8, _ parameters: [UInt8]) -> Key? {
        let numbers = String(decoding: parameters, as: UTF8.self).split(separator: ";", omittingEmptySubsequences: false)
        let isModified = numbers.count > 1 && numbers[1] != "1"
        switch byte {
        case 0x41: return .up
        case 0x42: return .down
        case 0x43: return isModified ? .wordRight : .right
        case 0x44: return isModified ? .wordLeft : .left
        case 0x46: return .end
        case 0x48: return .home
        case 0x4d: return .enter
        case 0x5a: return .backTab
        case 0x7e: return key(number: numbers.first ?? "", isModified)
        default: return nil
        }
    }

    private static func key(number: Substring, _ isModified: Bool) -> Key? {
        switch number {
        case "1", "7": .home
        case "3": .delete
        case "4", "8": .end
        case "5": isModified ? .otherPageUp : .pageUp
        case "6": isModified ? .otherPageDown : .pageDown
        default: nil
        }
    }

    private static let pasteBegins = Array("200".utf8)
    private static let pasteEnds = Array("\u{1b}[201~".utf8)

    /// Keeps as much as a line may hold, and the end of what comes beyond it, in which the closing bracket is looked for.
    mutating func paste(_ byte: UInt8, _ text: [UInt8]) -> Key? {
        var text = text
        state = .ground
        if text.count >= TerminalLimits.lineBytes + Self.pasteEnds.count { text.remove(at: TerminalLimits.lineBytes) }
        text.append(byte)
        if text.suffix(Self.pasteEnds.count) == Self.pasteEnds[...] { return Self.pasted(Array(text.dropLast(Self.pasteEnds.count))) }
        state = .paste(text)
        return nil
    }

    static func pasted(_ bytes: [UInt8]) -> Key? {
        let text = String(decoding: bytes.prefix(TerminalLimits.lineBytes), as: UTF8.self)
        return text.isEmpty ? nil : .pasted(text)
    }
}
