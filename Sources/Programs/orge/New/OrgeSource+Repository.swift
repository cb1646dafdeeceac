import OrgeSystem

/// Orge in a git repository.
extension OrgeSource {
    /// A URL with a scheme, or `user@host:path` as git takes it.
    static func isURL(_ text: String) -> Bool {
        if text.contains("://") { return true }
        guard let colon = text.firstIndex(of: ":"), let at = text.firstIndex(of: "@") else { return false }
        return at < colon && !text[..<colon].contains("/")
    }

    /// - Parameter text: `URL` or `URL#REF`.
    init(url text: String) throws {
        let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let refs = try RemoteRefs(parts[0])
        let requirement = try parts.count > 1 ? refs.requirement(for: parts[1]) : refs.requirement(forVersion: Program.version)
        self.init(
            dependency: ".package(url: \(parts[0].debugDescription), \(requirement.text), traits: [])", package: Self.identity(of: parts[0]),
            place: "\(parts[0]), \(requirement.words)")
    }

    /// What the package manager calls a package by its URL: the last component, without `.git`, in lowercase.
    static func identity(of url: String) -> String {
        let last = url.split(whereSeparator: { $0 == "/" || $0 == ":" }).last.map(String.init) ?? url
        return (last.hasSuffix(".git") ? String(last.dropLast(4)) : last).lowercased()
    }
}

/// Which commit of a repository a package asks for.
struct Requirement: Equatable {
    /// As the manifest has it.
    var text: String
    var words: String

    static func branch(_ name: String) -> Requirement { Requirement(text: "branch: \(name.debugDescription)", words: "branch \(name)") }
}

/// The branches and tags of a git repository, by `git ls-remote`.
struct RemoteRefs {
    let url: String
    private(set) var branches: [String] = []
    private(set) var tags: [String] = []
    private(set) var defaultBranch: String?

    /// A server elsewhere may be slow; git itself waits for ever.
    private static let patience: UInt64 = 60_000_000_000
    /// A name has some fifty bytes: 160,000 branches and tags.
    private static let bytesLimit = 8 << 20

    init(_ url: String) throws {
        let environment = ServerPlan.environment(adding: ["GIT_TERMINAL_PROMPT=0"])
        guard let git = programInPath("git") else {
            throw CommandFailure("there is no program git in PATH", remedy: "Install git, or name a folder: --orge PATH")
        }
        let said = try BriefRun(git, [git, "ls-remote", "--symref", "--", url], environment: environment, bytesLimit: Self.bytesLimit, patience: Self.patience)
        guard said.how == .exited(code: 0) else {
            let lines = said.errors.split(whereSeparator: \.isNewline).filter { !$0.isEmpty }
            throw CommandFailure(
                "the git repository \(url) cannot be read: \(said.how == nil ? "no answer within a minute" : lines.first.map(String.init) ?? "git failed")",
                remedy: OrgeSource.sourcesRemedy)
        }
        self.init(url, listing: said.output)
    }

    /// - Parameter listing: what `git ls-remote --symref` prints.
    init(_ url: String, listing: String) {
        self.url = url
        for line in listing.split(whereSeparator: \.isNewline) {
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.count == 3, words[0] == "ref:", words[2] == "HEAD", words[1].hasPrefix(Self.branchPrefix) {
                defaultBranch = String(words[1].dropFirst(Self.branchPrefix.count))
            }
            guard words.count == 2 else { continue }
            if words[1].hasPrefix(Self.branchPrefix) { branches.append(String(words[1].dropFirst(Self.branchPrefix.count))) }
            // A tag's second line, with ^{}, is the commit that it names.
            if words[1].hasPrefix(Self.tagPrefix), !words[1].hasSuffix("^{}") { tags.append(String(words[1].dropFirst(Self.tagPrefix.count))) }
        }
    }

    private static let branchPrefix = "refs/heads/"
    private static let tagPrefix = "refs/tags/"

    /// This version and its later patches, where the repository has a tag for it; otherwise the default branch.
    func requirement(forVersion version: String) throws -> Requirement {
        if tags.contains(version) || tags.contains("v" + version) {
            return Requirement(text: ".upToNextMinor(from: \(version.debugDescription))", words: "version \(version) or a later patch of it")
        }
        guard let defaultBranch else {
            throw CommandFailure("the git repository \(url) has no default branch", remedy: "Name a branch or tag: --orge \(url)#REF")
        }
        return .branch(defaultBranch)
    }

    /// - Parameter ref: a branch, a tag that is a version, or a commit's 40 hexadecimal digits.
    func requirement(for ref: String) throws -> Requirement {
        if branches.contains(ref) { return .branch(ref) }
        if tags.contains(ref), let version = Self.version(of: ref) {
            return Requirement(text: "exact: \(version.debugDescription)", words: "version \(version)")
        }
        if ref.utf8.count == 40, ref.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) {
            return Requirement(text: "revision: \"\(ref)\"", words: "revision \(ref)")
        }
        let others = (branches + tags.filter { Self.version(of: $0) != nil }).prefix(8).joined(separator: ", ")
        throw CommandFailure(
            "the git repository \(url) has no branch and no version \"\(ref)\"",
            remedy: "It has: \(others.isEmpty ? "none" : others). A revision is given by its 40 digits.")
    }

    /// `1.2.3` of the tags `1.2.3` and `v1.2.3`; nil for other tags, which the package manager does not take.
    private static func version(of tag: String) -> String? {
        let text = tag.hasPrefix("v") ? String(tag.dropFirst()) : tag
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 3 && numbers.allSatisfy { UInt32($0) != nil } ? text : nil
    }
}
