/// What a person did at the keyboard.
package enum Key: Equatable, Sendable {
    /// A character, or a mark for the one before.
    case scalar(Unicode.Scalar)
    /// Text that was pasted, on one line.
    case pasted(String)
    case enter, tab, backTab, escape
    case backspace, delete
    case left, right, up, down, home, end
    case wordLeft, wordRight
    case pageUp, pageDown
    /// Page Up and Page Down with Shift, Alt or Control.
    case otherPageUp, otherPageDown
    /// A letter with Control, in lower case.
    case control(Character)
}
