@_spi(Reflection) import Swift

/// A stored field of a plain struct, including fields of nested structs, as the standard library's field walk reports it.
struct RowLeaf {
    var name: String
    /// Bytes from the start of the outermost struct.
    var offset: Int
    var type: any FieldType.Type

    /// - Throws: when a leaf is no field type; the message names it.
    static func leaves(of type: Any.Type) throws(AuthorFault) -> [RowLeaf] {
        var leaves: [RowLeaf] = []
        try walk(type, owner: type, prefix: "", offset: 0, into: &leaves)
        for leaf in leaves {
            guard case .choice = leaf.type.fieldKind else { continue }
            guard let choice = leaf.type as? any Choice.Type else {
                throw AuthorFault("\(leaf.type) says it is a choice but does not conform to Choice")
            }
            try checkOrdinals(choice)
        }
        return leaves
    }

    private static func walk(_ type: Any.Type, owner: Any.Type, prefix: String, offset: Int, into leaves: inout [RowLeaf]) throws(AuthorFault) {
        var fault: AuthorFault?
        let isWalked = unsafe _forEachField(of: type, options: _EachFieldOptions(rawValue: 2)) { name, fieldOffset, fieldType, kind in
            let name = unsafe prefix + String(cString: name)
            if let leaf = fieldType as? any FieldType.Type {
                leaves.append(RowLeaf(name: name, offset: offset + fieldOffset, type: leaf))
                return true
            }
            do throws(AuthorFault) {
                let isPlain = kind == .struct && !isMachineSized(fieldType)
                try demandOfAuthor(isPlain, "\(owner).\(name) is a \(fieldType), which is no field type; \(advice(fieldType))")
                try walk(fieldType, owner: owner, prefix: name + ".", offset: offset + fieldOffset, into: &leaves)
            } catch {
                fault = error
            }
            return fault == nil
        }
        if let fault { throw fault }
        try demandOfAuthor(isWalked, "\(owner) has fields that cannot be walked")
    }

    /// Whether the type's size differs between machines, so that a row of it has no canonical bytes.
    private static func isMachineSized(_ type: Any.Type) -> Bool { type == Int.self || type == UInt.self }

    private static func advice(_ type: Any.Type) -> String {
        if isMachineSized(type) { return "use \(type)64 or a smaller one" }
        if type == Entity?.self { return "use Entity; Entity.none takes the place of nil" }
        return "use Int8...Int64, UInt8...UInt64, Float, Double, Bool, Entity, Text, List, SIMD2...SIMD4, a Choice or a struct of such"
    }

    /// Checks what steps rely on: in memory a choice is its case's ordinal, in one byte, or in none for a single case.
    private static func checkOrdinals<T: Choice>(_: T.Type) throws(AuthorFault) {
        try demandOfAuthor(MemoryLayout<T>.size <= 1, "\(T.self) has more than 256 cases")
        let tags = T.allCases.map { one in unsafe withUnsafeBytes(of: one) { bytes in unsafe bytes.first ?? 0 } }
        try demandOfAuthor(!tags.isEmpty && tags.indices.allSatisfy { tags[$0] == $0 }, "allCases of \(T.self) is not the list of its cases")
        try demandOfAuthor(MemoryLayout<T>.size == 1 || tags.count == 1, "\(T.self) has cases and no memory to tell them by")
    }
}
