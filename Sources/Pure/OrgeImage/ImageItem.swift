package import OrgeSchema

/// What a section is: enough to read its records without the program that wrote them.
package struct ImageSection: Equatable, Sendable {
    /// `rows/NAME` for the rows of a component; other names are of Orge itself (`docs/formats/image.md`).
    package var name: String
    /// Of its records.
    package var format: UInt16
    /// Of the rows in a `rows/` section, in canonical order; without fields for other sections.
    package var layout: RowLayout

    package init(_ name: String, format: UInt16, layout: RowLayout = RowLayout([])) {
        self.name = name
        self.format = format
        self.layout = layout
    }

    static let rowsPrefix = "rows/"

    package static func rows(of component: String, format: UInt16, layout: RowLayout) -> ImageSection {
        ImageSection(rowsPrefix + component, format: format, layout: layout)
    }

    /// The component whose rows these are; nil for other sections.
    package var component: String? {
        name.hasPrefix(Self.rowsPrefix) ? String(name.dropFirst(Self.rowsPrefix.count)) : nil
    }
}

/// What a whole image leads to.
package struct ImageTrailer: Equatable, Sendable {
    package var sections: Int
    /// The world's state hash after the image's tick.
    package var worldHash: UInt64
    /// The hash over what the host keeps: sessions, edges, events. 0 where there is no host.
    package var hostHash: UInt64
}

/// What an ``ImageReader`` yields, in this order: sections, each with its records and its end; then the trailer.
package enum ImageItem: Equatable, Sendable {
    case section(ImageSection)
    /// Whole records, as many as one chunk holds.
    case records([UInt8])
    /// With the hash that the section's contents lead to.
    case sectionEnd(hash: UInt64)
    case trailer(ImageTrailer)
}
