/// How a cell looks.
package struct ScreenStyle: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let bold = ScreenStyle(rawValue: 1)
    package static let dim = ScreenStyle(rawValue: 2)
    package static let underlined = ScreenStyle(rawValue: 4)
    package static let reversed = ScreenStyle(rawValue: 8)
    /// Colours; where several are set, the first of these counts.
    package static let red = ScreenStyle(rawValue: 16)
    package static let green = ScreenStyle(rawValue: 32)
    package static let yellow = ScreenStyle(rawValue: 64)
    package static let cyan = ScreenStyle(rawValue: 128)

    /// A value that has just changed: also told without colours.
    static let changed: ScreenStyle = [.yellow, .underlined]

    /// The parameters of the sequence that sets exactly this style.
    func parameters(colours: Bool) -> String {
        var text = "0"
        if contains(.bold) { text += ";1" }
        if contains(.dim) { text += ";2" }
        if contains(.underlined) { text += ";4" }
        if contains(.reversed) { text += ";7" }
        guard colours else { return text }
        if contains(.red) { return text + ";31" }
        if contains(.green) { return text + ";32" }
        if contains(.yellow) { return text + ";33" }
        if contains(.cyan) { return text + ";36" }
        return text
    }
}
