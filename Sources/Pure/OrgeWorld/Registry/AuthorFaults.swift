import OrgeSchema

/// The mistakes found in a world's declaration, in the order in which they were found: at most a few for each part.
struct AuthorFaults {
    private(set) var all: [AuthorFault] = []

    /// Carries out a check that throws a mistake.
    /// - Parameter site: where the mistake is, unless it says itself.
    mutating func collect(at site: DeclarationSite? = nil, _ check: () throws(AuthorFault) -> Void) {
        do throws(AuthorFault) { try check() } catch { all.append(error.at(site)) }
    }

    mutating func demand(_ holds: Bool, _ why: @autoclosure () -> String, at site: DeclarationSite? = nil) {
        if !holds { all.append(AuthorFault(why(), site: site)) }
    }
}
