/// Stops the program when a world's declaration is invalid. Unlike `precondition`, it prints its message in optimised builds too.
package func demandOfAuthor(_ holds: Bool, _ why: @autoclosure () -> String) {
    if !holds { authorFault(why()) }
}

/// Stops the program because a world's declaration is invalid, with a message for its author.
package func authorFault(_ why: String) -> Never { fatalError(why) }

extension FieldSchema {
    /// Each example must be a value of the field and keep its rules: clients show and send examples as they are.
    func checkExamples(of type: Any.Type) {
        demandOfAuthor(constraint.examples.count <= 255, "\(type).\(name) has \(constraint.examples.count) examples; at most 255 are allowed")
        for example in constraint.examples {
            if let fault = fault(inExample: example) { authorFault("the example \"\(example)\" of \(type).\(name): \(fault)") }
        }
    }
}
