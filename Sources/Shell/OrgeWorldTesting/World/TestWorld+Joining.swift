public import OrgeSchema
public import OrgeWorld
public import Testing

extension TestWorld {
    /// Lets a guest join, and runs a tick. A guest of this name that has left or lost its connection returns.
    /// - Throws: when the world refuses; the failure is recorded at the caller's line.
    @discardableResult
    public func join(_ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> TestAccount {
        try join(.guest(name), sourceLocation: sourceLocation)
    }

    /// Lets an account of the identity service join, and runs a tick.
    /// - Throws: when the world refuses; the failure is recorded at the caller's line.
    @discardableResult
    public func join(_ identity: Identity, sourceLocation: SourceLocation = #_sourceLocation) throws -> TestAccount {
        let account = account(identity)
        if let why = join(account) { try fail("join \(identity.name) → \(why)", sourceLocation) }
        return account
    }

    /// Expects that the world does not let a guest in, and runs a tick.
    /// - Returns: the refusal; nil when it was let in, which is recorded at the caller's line.
    @discardableResult
    public func expectJoinRefused(_ name: String, _ code: Refusal.Code, sourceLocation: SourceLocation = #_sourceLocation) -> Refusal? {
        expectJoinRefused(.guest(name), code, sourceLocation: sourceLocation)
    }

    /// Expects that the world does not let an account of the identity service in, and runs a tick.
    /// - Returns: the refusal; nil when it was let in, which is recorded at the caller's line.
    @discardableResult
    public func expectJoinRefused(_ identity: Identity, _ code: Refusal.Code, sourceLocation: SourceLocation = #_sourceLocation) -> Refusal? {
        let account = account(identity)
        let typed = "join \(identity.name)"
        guard join(account) != nil, let refusal = account.joinRefusal else {
            Issue.record("\(typed) → joined as \(account.avatar); it should be refused with code \(code.rawValue)", sourceLocation: sourceLocation)
            return nil
        }
        if refusal.code != code { Issue.record("\(typed) → \(Self.text(of: refusal)); the code should be \(code.rawValue)", sourceLocation: sourceLocation) }
        return refusal
    }

    /// - Returns: why it did not join; nil when it did.
    private func join(_ account: TestAccount) -> String? {
        guard !account.isInWorld else { return "it is in the world already" }
        account.awaitEnd()
        perform(.join(account.index))
        perform(.tick)
        if account.isInWorld { return nil }
        return account.joinRefusal.map(Self.text(of:)) ?? "no answer"
    }

    static func text(of refusal: Refusal) -> String { "refused: \(refusal) (code \(refusal.code.rawValue))" }
}

/// Records a failure at the author's line and ends the test.
func fail(_ text: String, _ sourceLocation: SourceLocation) throws -> Never {
    // The macro shows the value of what it demands, so the text stands in the first line of the report.
    let failure: String? = text
    try #require(failure == nil, sourceLocation: sourceLocation)
    preconditionFailure("a failure that passed")
}
