import OrgeWorld

enum PartTwice: Wrong {
    static var parts: Parts {
        Number.self
        Step.self
        Number.self  // finding: declaration
    }
}
