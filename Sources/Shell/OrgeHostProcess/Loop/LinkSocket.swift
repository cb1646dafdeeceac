import OrgeLink
import OrgeSchema
import OrgeSystem

/// One edge's connection: frames in, bytes out. The machine bounds what waits here, by what the edge has acknowledged.
final class LinkSocket {
    /// Bytes of one read: several hundred commands.
    private static let readBytes = 64 * 1024
    /// Reads in one turn of the loop, so that one edge cannot keep the others and the clock waiting.
    private static let readsPerTurn = 16

    let link: UInt64
    let descriptor: Descriptor
    /// The number that the edge's frames must name.
    private let world: UInt16
    private var reader = FrameStream.link
    private var unsent: [[UInt8]] = []
    /// Bytes of the first unsent frame that are sent.
    private var sent = 0

    enum Incoming {
        case frames([EdgeFrame])
        case bad([EdgeFrame], why: String)
        case over([EdgeFrame])
    }

    init(_ link: UInt64, _ descriptor: consuming Descriptor, world: UInt16) {
        self.world = world
        self.link = link
        self.descriptor = descriptor
    }

    var isCongested: Bool { !unsent.isEmpty }

    func receive() -> Incoming {
        var frames: [EdgeFrame] = []
        do {
            for _ in 0..<Self.readsPerTurn {
                switch try descriptor.read(atMost: Self.readBytes) {
                case .nothingYet: return .frames(frames)
                case .end: return .over(frames)
                case .bytes(let bytes):
                    reader.append(bytes)
                    while let frame = try reader.nextFrame() { frames.append(try EdgeFrame(decoding: frame, world: world)) }
                    if bytes.count < Self.readBytes { return .frames(frames) }
                }
            }
            return .frames(frames)
        } catch let error as DecodeError {
            return .bad(frames, why: "\(error)")
        } catch {
            return .over(frames)
        }
    }

    func send(_ frame: [UInt8]) { unsent.append(frame) }

    /// - Returns: false when the edge is gone.
    func flush() -> Bool {
        var done = 0
        defer { unsent.removeFirst(done) }
        do throws(SystemError) {
            while done < unsent.count {
                let count = try descriptor.writeNow(unsent[done][sent...])
                sent += count
                guard sent == unsent[done].count else {
                    if count == 0 { return true }
                    continue
                }
                done += 1
                sent = 0
            }
            return true
        } catch {
            return false
        }
    }
}
