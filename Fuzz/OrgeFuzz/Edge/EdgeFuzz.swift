import OrgeEdge
import OrgeSchema
import OrgeSession
import OrgeWire

/// The edge as a whole: clients that send anything, read or do not, come and go, beside one that keeps to the rules, in front of a host that
/// may go away. The good one is to hear the same, byte for byte, as if it were alone.
enum EdgeFuzz {
    enum Step: UInt8, CaseIterable {
        case tick, act, ask, pause, leave, hangUp
        case open, enter, frame, bytes, message, flood, read, shut
        case event, away, back, dilate, time, link
    }

    static func run(_ bytes: [UInt8]) {
        let crowded = walk(bytes, isCrowded: true)
        let alone = walk(bytes, isCrowded: false)
        precondition(!crowded.isHonest || crowded.heard.map(withoutTickets) == alone.heard.map(withoutTickets), "another client was felt")
    }

    /// What a client was sent, without the tickets of its sessions: each edge draws them one after the other, for whichever client.
    private static func withoutTickets(_ bytes: [UInt8]) -> [UInt8] {
        var masked = bytes
        var stream = FrameStream.server
        stream.append(bytes)
        var start = 0
        while case .frame(let range) = stream.next() {
            var reader = stream.reader(range)
            let frame = try? ServerFrame(decoding: &reader)
            if case .joined(let joined)? = frame, let ticket = joined.extensions[ExtensionType.ticket] {
                // The first extension, after the rest of the body and a count.
                let end = start + 4 + range.count - joined.extensions.entries.dropFirst().reduce(0) { $0 + 4 + $1.bytes.count }
                masked.replaceSubrange(end - ticket.count..<end, with: Array(repeating: 0, count: ticket.count))
            }
            start += 4 + range.count
        }
        return masked
    }

    private static func walk(_ bytes: [UInt8], isCrowded: Bool) -> EdgeWalk {
        let walk = EdgeWalk(bytes, isCrowded: isCrowded)
        var steps = 0
        while !walk.script.isAtEnd, steps < Script.stepLimit {
            walk.step()
            steps += 1
        }
        return walk
    }

    static func seeds() -> [[UInt8]] {
        let enter: [UInt8] = [Step.open.rawValue, 0, Step.enter.rawValue, 0, 0, 0, Step.tick.rawValue, Step.act.rawValue, 3, Step.tick.rawValue]
        let monitor: [UInt8] = [Step.open.rawValue, 1, Step.enter.rawValue, 1, 1, 1, Step.event.rawValue, 1, 9, Step.tick.rawValue]
        let flood: [UInt8] = [Step.flood.rawValue, 0, 255, 0, Step.tick.rawValue, Step.flood.rawValue, 0, 200, 0, Step.tick.rawValue]
        let deaf: [UInt8] = [Step.read.rawValue, 0, 1, Step.flood.rawValue, 0, 100, 0, Step.tick.rawValue, Step.time.rawValue, 255, Step.read.rawValue, 0, 0]
        let lost: [UInt8] = [
            Step.act.rawValue, 4, Step.away.rawValue, Step.act.rawValue, 5, Step.flood.rawValue, 0, 3, 0, Step.back.rawValue, 1, Step.tick.rawValue,
        ]
        let ask: [UInt8] = [Step.ask.rawValue, 0, Step.ask.rawValue, 1, Step.pause.rawValue, 1, Step.tick.rawValue, Step.pause.rawValue, 0]
        let bad: [UInt8] = [Step.open.rawValue, 2, Step.bytes.rawValue, 2, 5, 0, 0, 0, 1, 0x77, Step.shut.rawValue, 0, Step.message.rawValue, 1, 1, 9]
        let again: [UInt8] = [Step.leave.rawValue, Step.tick.rawValue, Step.act.rawValue, 1, Step.tick.rawValue, Step.hangUp.rawValue, Step.act.rawValue, 2]
        let link: [UInt8] = [Step.link.rawValue, 2, 0x77, 1, Step.tick.rawValue]
        return [enter + monitor + flood + bad + again, enter + deaf + lost + ask, lost + ask + again + monitor, enter + link + again]
    }
}
