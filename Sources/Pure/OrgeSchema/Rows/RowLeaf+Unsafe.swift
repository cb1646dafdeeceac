@_spi(Reflection) import Swift

/// A stored field of a plain struct, including fields of nested structs, as the standard library's field walk reports it.
struct RowLeaf {
    var name: String
    /// Bytes from the start of the outermost struct.
    var offset: Int
    var type: any FieldType.Type

    /// - Precondition: all leaves are field types; the message names the one that is not.
    static func leaves(of type: Any.Type) -> [RowLeaf] {
        var leaves: [RowLeaf] = []
        walk(type, owner: type, prefix: "", offset: 0, into: &leaves)
        for leaf in leaves {
            guard case .choice = leaf.type.fieldKind else { continue }
            guard let choice = leaf.type as? any Choice.Type else {
                authorFault("\(leaf.type) says it is a choice but does not conform to Choice")
            }
            checkOrdinals(choice)
        }
        return leaves
    }

    private static func walk(_ type: Any.Type, owner: Any.Type, prefix: String, offset: Int, into leaves: inout [RowLeaf]) {
        let options = _EachFieldOptions(rawValue: 2)
        let isWalked = unsafe _forEachField(of: type, options: options) { name, fieldOffset, fieldType, kind in
            let name = unsafe prefix + String(cString: name)
            if let leaf = fieldType as? any FieldType.Type {
                leaves.append(RowLeaf(name: name, offset: offset + fieldOffset, type: leaf))
            } else {
                let isPlain = kind == .struct && !isMachineSized(fieldType)
                demandOfAuthor(isPlain, "\(owner).\(name) is a \(fieldType), which is no field type; \(advice(fieldType))")
                walk(fieldType, owner: owner, prefix: name + ".", offset: offset + fieldOffset, into: &leaves)
            }
            return true
        }
        demandOfAuthor(isWalked, "\(owner) has fields that cannot be walked")
    }

    /// Whether the type's size differs between machines, so that a row of it has no canonical bytes.
    private static func isMachineSized(_ type: Any.Type) -> Bool { type == Int.self || type == UInt.self }

    private static func advice(_ type: Any.Type) -> String {
        if isMachineSized(type) { return "use \(type)64 or a smaller one" }
        if type == Entity?.self { return "use Entity; Entity.none takes the place of nil" }
        return "use Int8...Int64, UInt8...UInt64, Float, Double, Bool, Entity, Text, List, SIMD2...SIMD4, a Choice or a struct of such"
    }

    /// Checks what steps rely on: in memory a choice is its case's ordinal, in one byte, or in none for a single case.
    private static func checkOrdinals<T: Choice>(_: T.Type) {
        demandOfAuthor(MemoryLayout<T>.size <= 1, "\(T.self) has more than 256 cases")
        let tags = T.allCases.map { one in unsafe withUnsafeBytes(of: one) { bytes in unsafe bytes.first ?? 0 } }
        demandOfAuthor(!tags.isEmpty && tags.indices.allSatisfy { tags[$0] == $0 }, "allCases of \(T.self) is not the list of its cases")
        demandOfAuthor(MemoryLayout<T>.size == 1 || tags.count == 1, "\(T.self) has cases and no memory to tell them by")
    }
}
