/// Stops when a world is made as none can be: what is wrong is told in every build, where a precondition would say nothing in an optimised one.
package func demandOfAuthor(_ holds: Bool, _ why: @autoclosure () -> String) {
    if !holds { authorFault(why()) }
}

/// A world is made as none can be; its author reads why.
package func authorFault(_ why: String) -> Never { fatalError(why) }

extension FieldSchema {
    /// A client may show an example, or send it, as it stands: each is a value of the field that keeps its rules.
    func checkExamples(of type: Any.Type) {
        demandOfAuthor(constraint.examples.count <= 255, "\(type).\(name) has \(constraint.examples.count) examples; at most 255 are allowed")
        for example in constraint.examples {
            if let fault = fault(inExample: example) { authorFault("the example \"\(example)\" of \(type).\(name): \(fault)") }
        }
    }
}
