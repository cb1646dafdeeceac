/// A point of a world's history: the tick, the chain hash after it, and the incarnation of the host that released it.
///
/// The chain covers every record through the tick, so equal ticks with different chains belong to different timelines. A host forks a timeline only when
/// it starts on a journal that lost records: after damage of its tail, a restored backup, or a discard.
package struct Timeline: BitwiseCopyable, Hashable, Sendable {
    // The smallest number last: a source that holds a timeline is a word shorter.
    package var tick: UInt64
    /// 0: not known. Then the incarnation alone decides.
    package var chain: UInt64
    package var incarnation: UInt32

    /// Before the first tick: part of every timeline.
    package static let none = Timeline(incarnation: 0, tick: 0, chain: 0)

    package init(incarnation: UInt32, tick: UInt64, chain: UInt64) {
        self.incarnation = incarnation
        self.tick = tick
        self.chain = chain
    }
}

/// `incarnation u32 · tick u64 · chain u64`.
extension Timeline {
    package func encode(to writer: inout ByteWriter) {
        writer.u32(incarnation)
        writer.u64(tick)
        writer.u64(chain)
    }

    package init(reading reader: inout ByteReader) throws(DecodeError) {
        self.init(incarnation: try reader.u32(), tick: try reader.u64(), chain: try reader.u64())
    }
}
