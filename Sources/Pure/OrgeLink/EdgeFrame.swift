package import OrgeSchema

/// The first frame of an edge.
package struct EdgeHello: Equatable, Sendable {
    package var version: UInt16
    /// Drawn once by each edge process: attachments are unique within it, and another id means that the former edge is gone.
    package var edgeID: UInt64
    /// The edge holds everything that was released through this tick; 0: nothing.
    package var lastTick: UInt64
    /// The highest incarnation that it has spoken to; 0: none. A host with a lower one must not answer.
    package var incarnation: UInt32

    package init(version: UInt16 = LinkVersion.current, edgeID: UInt64, lastTick: UInt64, incarnation: UInt32) {
        self.version = version
        self.edgeID = edgeID
        self.lastTick = lastTick
        self.incarnation = incarnation
    }
}

/// One thing that an edge asks of a world. Extents point into the batch's bytes.
package enum LinkInput: Equatable, Sendable {
    /// `attachment` is a number that this edge process never uses twice. Sent again after a lost link: the host answers the same
    /// (edge, attachment) with the same session.
    case join(attachment: UInt64, account: Extent)
    /// On purpose: the avatar departs at once. Answered by an ending in a release; sent again until then.
    case leave(attachment: UInt64)
    /// The connection was lost: the avatar lingers. Answered like a leave.
    case detach(attachment: UInt64)
    /// Answered by exactly one outcome in a release; sent again until then. Sequences of a session have no gap.
    case command(session: UInt64, sequence: UInt64, kind: UInt16, payload: Extent)
    /// Latest wins; never answered, never sent again.
    case intent(session: UInt64, kind: UInt16, payload: Extent)
    /// The client has been sent all outcomes through this sequence: the host may forget them.
    case acknowledge(session: UInt64, through: UInt64)
    /// `request` is a number of the edge; session 0 asks for a monitor. Sent again until answered.
    case audit(request: UInt64, session: UInt64)
}

/// A frame from edge to host.
package enum EdgeFrame: Sendable {
    case hello(EdgeHello)
    case inputs(InputBatch)
    /// The edge holds everything that was released through this tick: reliable events and answers of it may be forgotten.
    case released(tick: UInt64)

    /// - Parameter frame: type and body, as ``FrameStream`` cuts them.
    package init(decoding frame: [UInt8]) throws(DecodeError) {
        var reader = ByteReader(frame)
        switch try reader.frameType() {
        case FrameType.edgeHello:
            let hello = EdgeHello(
                version: try reader.u16(), edgeID: try reader.u64(), lastTick: try reader.u64(), incarnation: try reader.u32())
            self = .hello(hello)
            // Later versions may say more in their hello; the answer to it is a refusal that names ours.
            if hello.version == LinkVersion.current { try reader.expectEnd() }
        case FrameType.inputs: self = .inputs(try InputBatch(reading: &reader))
        case FrameType.released:
            self = .released(tick: try reader.u64())
            try reader.expectEnd()
        case let type: throw DecodeError(.unknown(what: "link frame", value: UInt64(type)), at: 0)
        }
    }

    package static func encode(_ hello: EdgeHello) -> [UInt8] {
        var writer = beginFrame(FrameType.edgeHello)
        writer.u16(hello.version)
        writer.u64(hello.edgeID)
        writer.u64(hello.lastTick)
        writer.u32(hello.incarnation)
        return endFrame(&writer)
    }

    package static func encode(released tick: UInt64) -> [UInt8] {
        var writer = beginFrame(FrameType.released)
        writer.u64(tick)
        return endFrame(&writer)
    }
}
