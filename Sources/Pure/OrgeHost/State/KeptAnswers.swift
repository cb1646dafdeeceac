package import OrgeLink
internal import OrgeSchema

/// What the release of a tick tells an attachment.
package enum AttachmentAnswer: Equatable, Sendable {
    case join(JoinAnswer)
    case ended(EndReason)

    var isEnding: Bool { if case .ended = self { true } else { false } }

    /// Of all that a record holds.
    var hash: UInt64 {
        switch self {
        case .join(.joined(let session, let avatar, let nextSequence)): fold64(fold64(fold64(1, session), avatar.raw), nextSequence)
        case .join(.refused(let reason, let code, let text)): fold64(fold64(fold64(2, UInt64(reason.rawValue)), UInt64(code)), hash64(text.utf8))
        case .ended(let reason): fold64(3, UInt64(reason.rawValue))
        }
    }
}

/// Answers that an edge was given and has not said that it holds, by attachment: an edge that dies with all its clients has one for each of them,
/// and every ending asks whether it was answered before.
package struct KeptAnswers: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package var tick: UInt64
        package var attachment: UInt64
        package var answer: AttachmentAnswer

        fileprivate var hash: UInt64 { fold64(fold64(answer.hash, attachment), tick) }
    }

    /// An attachment has two at most: its join was answered, and it ended.
    private var byAttachment = SortedMap<UInt64, [Entry]>()
    /// A sum over the attachments, kept up to date with each change.
    private(set) var hash: UInt64 = 0

    package init() {}

    /// By attachment, and for each in the order in which they were given.
    package var entries: [Entry] { byAttachment.values.flatMap { $0 } }

    var hashFromScratch: UInt64 { byAttachment.values.reduce(0) { $0 &+ Self.hash($1) } }

    /// The hash of what one attachment has, in order.
    private static func hash(_ entries: [Entry]) -> UInt64 { entries.isEmpty ? 0 : mix64(entries.reduce(0) { fold64($0, $1.hash) }) }

    package mutating func append(_ entry: Entry) {
        if byAttachment[entry.attachment] == nil { byAttachment[entry.attachment] = [] }
        var difference: UInt64 = 0
        byAttachment.update(entry.attachment) { entries in
            difference &-= Self.hash(entries)
            entries.append(entry)
            difference &+= Self.hash(entries)
        }
        hash &+= difference
    }

    /// Forgets the answers of ticks through this one.
    mutating func removeAll(through tick: UInt64) {
        guard !byAttachment.isEmpty else { return }
        var difference: UInt64 = 0
        byAttachment.updateAll { _, entries in
            guard entries.contains(where: { $0.tick <= tick }) else { return }
            difference &-= Self.hash(entries)
            entries.removeAll { $0.tick <= tick }
            difference &+= Self.hash(entries)
        }
        hash &+= difference
        byAttachment.removeAll { _, entries in entries.isEmpty }
    }

    func isAnswered(_ attachment: UInt64) -> Bool { byAttachment[attachment] != nil }
    func isEnded(_ attachment: UInt64) -> Bool { byAttachment[attachment]?.contains(where: \.answer.isEnding) ?? false }
}
