import OrgeSchema

/// One character as a terminal draws it: printable, and with a known number of columns.
package struct Glyph: Equatable, Sendable {
    /// A scalar with at most ``TerminalLimits/marksPerCell`` marks over it.
    package fileprivate(set) var text: String
    /// 1 or 2.
    package let columns: Int
    fileprivate var marks = 0

    fileprivate init(_ scalar: Unicode.Scalar, columns: Int) {
        text = String(scalar)
        self.columns = columns
    }
}

extension String {
    /// The text as glyphs. What is not printable becomes a visible escape such as `\u{1b}`, as in ``printable``: no sequence of characters that a world or
    /// another player wrote reaches a terminal as a control.
    ///
    /// Marks beyond the limit, selectors of a character's variant and skin tones after an emoji are left out: terminals disagree on their columns.
    /// - Parameter columns: where to stop; the glyphs may reach beyond it by one escape.
    package func glyphs(upTo columns: Int = .max) -> [Glyph] {
        var glyphs: [Glyph] = []
        var used = 0
        for scalar in unicodeScalars {
            if used >= columns { break }
            if scalar.isUnprintable {
                let escape = "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars
                for scalar in escape { glyphs.append(Glyph(scalar, columns: 1)) }
                used += escape.count
                continue
            }
            let width = scalar.columns
            if width == 0 {
                glyphs.addMark(scalar)
            } else if !(scalar.isSkinTone && glyphs.last?.columns == 2) {
                glyphs.append(Glyph(scalar, columns: width))
                used += width
            }
        }
        return glyphs
    }

    /// The columns that the text takes as glyphs.
    package var columns: Int { utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f } ? utf8.count : glyphs().columns }

    /// The text, cut where it is wider than `limit` columns; then its last column is `…`.
    package func fitted(to limit: Int) -> [Glyph] {
        let glyphs = glyphs(upTo: limit + 1)
        guard glyphs.columns > limit else { return glyphs }
        var kept: [Glyph] = []
        var used = 0
        for glyph in glyphs where limit > 0 {
            if used + glyph.columns > limit - 1 { break }
            kept.append(glyph)
            used += glyph.columns
        }
        return limit > 0 ? kept + [Glyph("…", columns: 1)] : []
    }
}

extension Sequence<Glyph> {
    /// The columns that they take together.
    package var columns: Int { reduce(0) { $0 + $1.columns } }
}

extension [Glyph] {
    fileprivate mutating func addMark(_ scalar: Unicode.Scalar) {
        guard !isEmpty, self[count - 1].marks < TerminalLimits.marksPerCell, !scalar.properties.isVariationSelector else { return }
        self[count - 1].text.unicodeScalars.append(scalar)
        self[count - 1].marks += 1
    }
}

extension Unicode.Scalar {
    fileprivate var isSkinTone: Bool { (0x1f3fb...0x1f3ff).contains(value) }
}
