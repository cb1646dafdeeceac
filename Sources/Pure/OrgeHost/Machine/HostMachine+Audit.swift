import OrgeLink
import OrgeSchema
import OrgeWorld

/// Audits: what a client must and may see, said by the world itself.
extension HostMachine {
    /// Answers on the state after the last executed tick, behind that tick's release.
    mutating func audit(_ request: UInt64, _ session: UInt64, edge: UInt64, link: UInt64) {
        var avatar: Entity?
        if session != 0 {
            guard let known = state.table.session(session), known.attachment.edge == edge else { return }
            avatar = known.avatar
        }
        let index = audits ?? AuditIndex(state.engine)
        audits = index
        let frames = index.answer(request, avatar: avatar, world: state.engine.worldNumber)
        if let image = links[link]?.image, image.tick == state.tick {
            // The image says what the tick's release would have said, which this link will therefore not get.
            _ = links.update(link) { $0.image = (image.tick, image.frames + frames) }
        } else if !held.isEmpty {
            held[held.count - 1].audits.append((link, frames))
        } else if links[link]?.sent == releasedTick, links[link]?.image == nil {
            for frame in frames { send(frame, to: link) }
        } else if !retained.isEmpty {
            retained.add(audit: frames, for: link)
        }
    }
}
