public import OrgeSchema

/// How rows that were made under an earlier version of a component become rows of the present one.
///
///     struct Balance: Component {
///         var cents: Int64 = 0
///         static var migrations: [Migration<Self>] { [.converted("euros", Int32.self, to: \.cents) { Int64($0) * 100 }] }
///     }
///
/// What names and kinds tell alone needs no word: a field with the same name and kind keeps its value, a new field has its default, an integer may
/// become wider, a text or list longer, an enum may get cases. Everything else is said by a migration, or the world does not start on the data: a
/// field that is gone has to be renamed, used or dropped.
///
/// A migration is applied where the data has the fields that it names. So it may stay in the code for as long as there may be data of that age, and a world can
/// go from any earlier version to the present one at once. Where the data of two versions cannot be told apart by their fields, `before` does it: the migration
/// then is for data of a ``World/version`` below that.
public struct Migration<Row: BitwiseCopyable> {
    enum Rule {
        case formerly(String)
        case dropped(String)
        /// Without a computation the value stays as it is.
        case field(to: PartialKeyPath<Row>, from: [(name: String, kind: FieldKind?)], FieldComputation?)
    }

    let rule: Rule
    let before: UInt16?
    let site: DeclarationSite

    /// The component had another name. Its rows become rows of this one; fields of equal names keep their values.
    ///
    /// Two components may have had one name: then that one is split. A component that is still there may be named with `before`.
    public static func formerly(_ name: String, before: UInt16? = nil, fileID: StaticString = #fileID, line: UInt = #line) -> Migration {
        Migration(rule: .formerly(name), before: before, site: DeclarationSite(fileID: fileID, line: line))
    }

    /// A field had another name.
    public static func renamed(
        _ name: String, to path: KeyPath<Row, some FieldType>, before: UInt16? = nil, fileID: StaticString = #fileID, line: UInt = #line
    ) -> Migration {
        Migration(
            rule: .field(to: path, from: [(name, nil)], nil), before: before, site: DeclarationSite(fileID: fileID, line: line))
    }

    /// A field had another type or meaning, and perhaps another name.
    /// - Parameters:
    ///   - name: then.
    ///   - type: then; see ``Former``.
    ///   - path: the field now.
    ///   - before: needed where name and type are those of the present field.
    ///   - fileID: of the line that a fault of the migration names.
    ///   - line: that one.
    ///   - convert: the value now. It follows from the argument alone.
    public static func converted<Value: FieldType & BitwiseCopyable, Old: FieldType & BitwiseCopyable>(
        _ name: String, _ type: Old.Type, to path: KeyPath<Row, Value>, before: UInt16? = nil, fileID: StaticString = #fileID, line: UInt = #line,
        by convert: @escaping @Sendable (Old) -> Value
    ) -> Migration {
        let (old, new) = (FieldCodec<Old>(), FieldCodec<Value>())
        let computation = FieldComputation { new.bytes(convert(old.value($0[0]))) }
        return Migration(
            rule: .field(to: path, from: [(name, Old.fieldKind)], computation), before: before, site: DeclarationSite(fileID: fileID, line: line))
    }

    /// A field's value follows from one or more fields of then: two that are merged, or one part of a field that is split.
    ///
    ///     .computed(\.name, from: Former("first", Text<16>.self), Former("last", Text<16>.self)) { first, last in Text(cutting: "\(first) \(last)") }
    /// - Parameters:
    ///   - path: the field now.
    ///   - former: the fields of then.
    ///   - before: needed where all names and types are those of present fields.
    ///   - fileID: of the line that a fault of the migration names.
    ///   - line: that one.
    ///   - compute: the value now. It follows from the arguments alone.
    public static func computed<Value: FieldType & BitwiseCopyable, each Old: FieldType & BitwiseCopyable>(
        _ path: KeyPath<Row, Value>, from former: repeat Former<each Old>, before: UInt16? = nil, fileID: StaticString = #fileID, line: UInt = #line,
        by compute: @escaping @Sendable (repeat each Old) -> Value
    ) -> Migration {
        let codecs = (repeat FieldCodec<each Old>())
        let new = FieldCodec<Value>()
        var from: [(name: String, kind: FieldKind?)] = []
        repeat from.append(((each former).name, (each Old).fieldKind))
        let computation = FieldComputation { fields in
            var index = -1
            func next<Field>(_ codec: FieldCodec<Field>) -> Field {
                index += 1
                return codec.value(fields[index])
            }
            return new.bytes(compute(repeat next(each codecs)))
        }
        return Migration(
            rule: .field(to: path, from: from, computation), before: before, site: DeclarationSite(fileID: fileID, line: line))
    }

    /// A field is gone, and its values with it.
    public static func dropped(_ name: String, before: UInt16? = nil, fileID: StaticString = #fileID, line: UInt = #line) -> Migration {
        Migration(rule: .dropped(name), before: before, site: DeclarationSite(fileID: fileID, line: line))
    }
}
