package import OrgeLink
internal import OrgeSchema

/// What the release of a tick tells an attachment.
package enum AttachmentAnswer: Equatable, Sendable {
    case join(JoinAnswer)
    case ended(EndReason)

    var isEnding: Bool { if case .ended = self { true } else { false } }
}

/// Answers that an edge was given and has not said that it holds, by attachment: an edge that dies with all its clients has one for each of them,
/// and every ending asks whether it was answered before.
package struct KeptAnswers: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package var tick: UInt64
        package var attachment: UInt64
        package var answer: AttachmentAnswer
    }

    /// An attachment has two at most: its join was answered, and it ended.
    private var byAttachment = SortedMap<UInt64, [Entry]>()

    package init() {}

    /// By attachment, and for each in the order in which they were given.
    package var entries: [Entry] { byAttachment.values.flatMap { $0 } }

    package mutating func append(_ entry: Entry) {
        if byAttachment[entry.attachment] == nil { byAttachment[entry.attachment] = [] }
        _ = byAttachment.update(entry.attachment) { $0.append(entry) }
    }

    /// Forgets the answers of ticks through this one.
    mutating func removeAll(through tick: UInt64) {
        guard !byAttachment.isEmpty else { return }
        byAttachment.updateAll { _, entries in
            if entries.contains(where: { $0.tick <= tick }) { entries.removeAll { $0.tick <= tick } }
        }
        byAttachment.removeAll { _, entries in entries.isEmpty }
    }

    func isAnswered(_ attachment: UInt64) -> Bool { byAttachment[attachment] != nil }
    func isEnded(_ attachment: UInt64) -> Bool { byAttachment[attachment]?.contains(where: \.answer.isEnding) ?? false }
}
