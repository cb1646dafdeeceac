/// Turns the bytes of a terminal into keys.
///
/// Any bytes may come: what is no key is skipped, and no sequence is kept beyond its limit.
package struct KeyReader: Sendable {
    enum State: Sendable {
        case ground
        /// So many bytes of a character are missing.
        case utf8(value: UInt32, missing: Int, least: UInt32)
        case escape
        /// After `ESC [`: the parameters so far.
        case sequence([UInt8])
        /// After `ESC O`.
        case single
        /// Between the brackets of pasted text.
        case paste([UInt8])
    }

    var state = State.ground

    package init() {}

    /// A key has begun that the next bytes may finish: after a while of silence call ``silence(milliseconds:)``.
    package var isWaiting: Bool { if case .ground = state { false } else { true } }

    /// - Returns: the key that this byte finishes.
    package mutating func read(_ byte: UInt8) -> Key? {
        switch state {
        case .ground: return ground(byte)
        case .utf8(let value, let missing, let least): return character(byte, value, missing, least)
        case .escape: return escape(byte)
        case .sequence(let parameters): return sequence(byte, parameters)
        case .single:
            state = .ground
            return byte == 0x1b ? read(byte) : Self.key(final: byte, [])
        case .paste(let text): return paste(byte, text)
        }
    }

    /// Nothing has come for so long. An escape alone is the key of that name, and a sequence that was not finished is none.
    package mutating func silence(milliseconds: Int) -> Key? {
        switch state {
        case .escape where milliseconds >= 50:
            state = .ground
            return .escape
        case .paste(let text) where milliseconds >= 1_000:
            state = .ground
            return Self.pasted(text)
        case .utf8, .sequence, .single:
            if milliseconds >= 1_000 { state = .ground }
            return nil
        case .ground, .escape, .paste: return nil
        }
    }

    private mutating func ground(_ byte: UInt8) -> Key? {
        switch byte {
        case 0x1b:
            state = .escape
            return nil
        case 0x0d, 0x0a: return .enter
        case 0x09: return .tab
        case 0x08, 0x7f: return .backspace
        case 0x01...0x1a: return .control(Character(Unicode.Scalar(byte + 0x60)))
        case 0x20...0x7e: return .scalar(Unicode.Scalar(byte))
        case 0xc2...0xdf: state = .utf8(value: UInt32(byte & 0x1f), missing: 1, least: 0x80)
        case 0xe0...0xef: state = .utf8(value: UInt32(byte & 0x0f), missing: 2, least: 0x800)
        case 0xf0...0xf4: state = .utf8(value: UInt32(byte & 0x07), missing: 3, least: 0x1_0000)
        default: return nil
        }
        return nil
    }

    private mutating func character(_ byte: UInt8, _ value: UInt32, _ missing: Int, _ least: UInt32) -> Key? {
        guard byte & 0xc0 == 0x80 else {
            state = .ground
            return ground(byte)
        }
        let value = value << 6 | UInt32(byte & 0x3f)
        guard missing == 1 else {
            state = .utf8(value: value, missing: missing - 1, least: least)
            return nil
        }
        state = .ground
        return value < least ? nil : Unicode.Scalar(value).map { .scalar($0) }
    }
}
