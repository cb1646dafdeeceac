/// Values that bots, generated runs and clients' forms prefer, at most 255. A world with an example that breaks a rule of its field, or is too long for it, is
/// refused when its program starts.
extension FieldRule {
    /// Numbers, Bools or entities that bots, generated runs and clients' forms prefer.
    public static func examples<Value: ScalarType>(_ path: KeyPath<Root, Value>, _ examples: Value...) -> FieldRule {
        FieldRule(path, examples: examples.map { "\($0)" })
    }

    /// Cases that bots, generated runs and clients' forms prefer.
    public static func examples<Value: Choice>(_ path: KeyPath<Root, Value>, _ examples: Value...) -> FieldRule {
        FieldRule(path, examples: examples.map { "\($0)" })
    }

    /// Texts of at most the field's bytes that bots, generated runs and clients' forms prefer.
    public static func examples<let capacity: Int>(_ path: KeyPath<Root, Text<capacity>>, _ examples: String...) -> FieldRule {
        FieldRule(path, examples: examples)
    }

    /// Lists of at most the field's number of elements that bots, generated runs and clients' forms prefer.
    public static func examples<Element, let capacity: Int>(_ path: KeyPath<Root, List<Element, capacity>>, _ examples: [Element]...) -> FieldRule {
        FieldRule(path, examples: examples.map { elements in elements.map { "\($0)" }.joined(separator: ",") })
    }

    /// Vectors that bots, generated runs and clients' forms prefer.
    public static func examples<Vector: SIMD & FieldType>(_ path: KeyPath<Root, Vector>, _ examples: Vector...) -> FieldRule {
        FieldRule(path, examples: examples.map { vector in vector.indices.map { "\(vector[$0])" }.joined(separator: ",") })
    }

    /// - Parameter examples: in the text form of ``FieldSchema/parse(_:)``.
    private init(_ path: PartialKeyPath<Root>, examples: [String]) { self.init(path) { $0.examples = examples } }
}
