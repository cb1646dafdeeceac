/// Where a world's author wrote something.
public struct DeclarationSite: Equatable, Sendable, CustomStringConvertible {
    /// Module and file, as `#fileID` names them.
    public let fileID: String
    /// Counted from 1.
    public let line: UInt

    /// - Parameters:
    ///   - fileID: `#fileID` at the place.
    ///   - line: `#line` there.
    public init(fileID: StaticString, line: UInt) {
        self.fileID = "\(fileID)"
        self.line = line
    }

    public var description: String { "\(fileID):\(line)" }
}

/// A world's declaration is invalid: a sentence for its author.
///
/// A program checks a world's declaration before it does anything with it. What only running code shows, such as a system that reads a component
/// which it has not declared, traps instead.
public struct AuthorFault: Error, Equatable, CustomStringConvertible {
    /// What is wrong, with the names of the types in question; without the place.
    public let why: String
    /// The part in question, or the world's program where it is none.
    public let site: DeclarationSite?

    package init(_ why: String, site: DeclarationSite? = nil) {
        self.why = why
        self.site = site
    }

    /// The same fault with this site, unless it has one.
    package func at(_ site: DeclarationSite?) -> AuthorFault { AuthorFault(why, site: self.site ?? site) }

    /// As compilers print it, so that editors find the place.
    public var description: String { (site.map { "\($0): " } ?? "") + why }
}

/// Checks a part of a world's declaration.
package func demandOfAuthor(_ holds: Bool, _ why: @autoclosure () -> String) throws(AuthorFault) {
    if !holds { throw AuthorFault(why()) }
}

/// Stops the program because world code does what its declaration does not allow. Unlike `precondition`, it prints its message in optimised builds too.
package func trapForAuthor(_ why: String) -> Never { fatalError(why) }

/// World code, or a test of it, uses a type that is not among the parts.
package func trapForMissingPart(_ type: Any.Type) -> Never { trapForAuthor("\(type) is not among the world's parts: add \(type).self to `parts`") }

extension FieldSchema {
    /// Each example must be a value of the field and keep its rules: clients show and send examples as they are.
    func checkExamples(of type: Any.Type) throws(AuthorFault) {
        try demandOfAuthor(constraint.examples.count <= 255, "\(type).\(name) has \(constraint.examples.count) examples; at most 255 are allowed")
        for example in constraint.examples {
            if let fault = fault(inExample: example) { throw AuthorFault("the example \"\(example)\" of \(type).\(name): \(fault)") }
        }
    }
}
