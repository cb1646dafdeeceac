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
        let layout = RowLayout([self])
        for example in constraint.examples {
            var writer = ByteWriter()
            do throws(ValueError) {
                layout.encode([try parse(example)], to: &writer)
            } catch {
                authorFault("an example of \(type) is no value: \(error)")
            }
            let broken = layout.brokenRule(ByteReader(writer.bytes))
            demandOfAuthor(broken == nil, "the example \"\(example)\" of \(type) breaks a rule: \(broken?.description ?? "")")
        }
    }
}
