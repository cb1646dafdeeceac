import OrgeLink
import OrgeSchema
import OrgeWire

/// The cutters of streams: whatever pieces the bytes come in, the frames are the same, and memory stays bounded.
enum StreamFuzz {
    /// Small, so that a fuzzer reaches it.
    private static let frameLimit = 64

    static func wire(_ bytes: [UInt8]) {
        let pieces = pieces(bytes)
        precondition(wireFrames(pieces) == wireFrames([pieces.flatMap { $0 }]), "frames depend on the pieces they come in")
    }

    static func link(_ bytes: [UInt8]) {
        let pieces = pieces(bytes)
        precondition(linkFrames(pieces) == linkFrames([pieces.flatMap { $0 }]), "frames depend on the pieces they come in")
    }

    /// The first byte says how long the pieces are: the input chooses its own cuts.
    private static func pieces(_ bytes: [UInt8]) -> [[UInt8]] {
        let rest = bytes.dropFirst()
        let length = Int((bytes.first ?? 0) % 16) + 1
        return stride(from: rest.startIndex, to: rest.endIndex, by: length).map { Array(rest[$0..<min($0 + length, rest.endIndex)]) }
    }

    private static func wireFrames(_ pieces: [[UInt8]]) -> [[UInt8]] {
        var buffer = FrameStream(limit: frameLimit)
        var frames: [[UInt8]] = []
        for piece in pieces {
            buffer.append(piece)
            loop: while true {
                switch buffer.next() {
                case .frame(let range): frames.append(Array(buffer.bytes[range]))
                case .incomplete: break loop
                case .badSize(let size): return frames + [[UInt8(truncatingIfNeeded: size)]]
                }
            }
            precondition(buffer.pendingCount < frameLimit + 4, "more than one unfinished frame is held")
        }
        return frames
    }

    private static func linkFrames(_ pieces: [[UInt8]]) -> [[UInt8]] {
        var reader = FrameStream.link
        var frames: [[UInt8]] = []
        for piece in pieces {
            reader.append(piece)
            do throws(DecodeError) {
                while let frame = try reader.nextFrame() { frames.append(frame) }
            } catch {
                return frames + [[]]
            }
        }
        return frames
    }
}
