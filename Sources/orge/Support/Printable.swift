/// Text that a stranger may have written, made safe to print on one line of a terminal.
///
/// Control characters could move the cursor, change the window's title or make the terminal type an answer; invisible ones and those that turn
/// the direction of writing could make one line look like another. They are shown by their numbers, as `\u{1b}`.
func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnprintable) else { return text }
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        if isUnprintable(scalar) { shown += "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars } else { shown.append(scalar) }
    }
    return String(shown)
}

/// Whether a character does something else than to be seen.
func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7f }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: return true
    default: return false
    }
}
