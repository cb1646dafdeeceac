import OrgeSchema

/// Which measures against faults of a world an operator lifts, as people write it.
package enum LiftTarget: Equatable, Sendable, CustomStringConvertible {
    case everything
    /// A command's kind that is disabled, by the command's name.
    case kind(String)
    /// A system that is suspended, or for which entities are set aside.
    case system(String)
    /// An account that is suspended, by the name with which it joined last.
    case account(String)

    /// `all`, `kind:NAME`, `system:NAME` or `account:NAME`; nil for any other text.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = parts.count == 2 ? parts[1] : ""
        guard name.isEmpty == (parts.count == 1), name.utf8.count <= ControlFrame.nameBytesLimit else { return nil }
        switch parts[0] {
        case "all" where name.isEmpty: self = .everything
        case _ where name.isEmpty: return nil
        case "kind": self = .kind(name)
        case "system": self = .system(name)
        // No account has a longer name.
        case "account" where name.utf8.count <= Identity.nameLimit: self = .account(name)
        default: return nil
        }
    }

    package var description: String {
        switch self {
        case .everything: "all"
        case .kind(let name): "kind:\(name)"
        case .system(let name): "system:\(name)"
        case .account(let name): "account:\(name)"
        }
    }
}

/// What has become of an operator's request.
package enum LiftAnswer: Equatable, Sendable {
    /// It is journaled in the tick, durably.
    /// - Parameter measures: for people, what was in force and is not any more; at most ``measuresLimit``, the last one counts the rest.
    case lifted(tick: UInt64, [String])
    /// Nothing was changed.
    /// - Parameter hint: what could be lifted, or how to go on; empty where there is nothing to be said.
    case refused(why: String, hint: String)

    /// As many texts of ``ControlFrame/nameBytesLimit`` as fit a message.
    package static let measuresLimit = 48
}

/// `tag u8 · …`: 0 lifted: tick `u64` · count `u8` · that many texts; 1 refused: two texts.
extension LiftAnswer {
    func encode(to writer: inout ByteWriter) {
        switch self {
        case .lifted(let tick, let measures):
            writer.u8(0)
            writer.u64(tick)
            let kept = measures.count > Self.measuresLimit ? measures.prefix(Self.measuresLimit - 1) : measures[...]
            writer.u8(UInt8(kept.count + (kept.count < measures.count ? 1 : 0)))
            for measure in kept { writer.name(measure) }
            if kept.count < measures.count { writer.name("\(measures.count - kept.count) more") }
        case .refused(let why, let hint):
            writer.u8(1)
            writer.shortText(why.cut(toBytes: Self.textBytesLimit))
            writer.shortText(hint.cut(toBytes: Self.textBytesLimit))
        }
    }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        switch try reader.u8() {
        case 0:
            let tick = try reader.u64()
            let count = Int(try reader.u8())
            guard count <= Self.measuresLimit else { throw DecodeError(.overLimit(length: count, limit: Self.measuresLimit), at: start + 9) }
            var measures: [String] = []
            for _ in 0..<count { measures.append(try reader.name()) }
            self = .lifted(tick: tick, measures)
        case 1: self = .refused(why: try reader.shortText(limit: Self.textBytesLimit), hint: try reader.shortText(limit: Self.textBytesLimit))
        case let tag: throw DecodeError(.unknown(what: "answer to a lift", value: UInt64(tag)), at: start)
        }
    }

    /// Two of them fit a message.
    private static let textBytesLimit = 4_096
}

/// One text, as ``LiftTarget/description``.
extension LiftTarget {
    func encode(to writer: inout ByteWriter) { writer.shortText(description) }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        guard let target = LiftTarget(try reader.shortText(limit: ControlFrame.nameBytesLimit + 8)) else {
            throw DecodeError(.inconsistent("a target of a lift that is none"), at: start)
        }
        self = target
    }
}
