import OrgeLink
import OrgeSchema

/// Which edge is sent all of the world, and which only what its clients can see.
extension HostMachine {
    /// Whether the releases after `last` bring the edge to the present, in the scope that it has.
    mutating func continuesScope(_ hello: EdgeHello, after last: UInt64) -> Bool {
        let edge = hello.edgeID
        if hello.holdsAll {
            guard scopes.isWhole(edge), last >= scopes.rowsLeftOut else { return false }
        } else if let began = scopes.interestBegan(edge) {
            guard last >= began, !hello.wantsAll else { return false }
        } else {
            // What it holds followed from the state by the same rule.
            guard scopes.canCut, !scopes.isKnown(edge), !hello.wantsAll, last == state.tick, hello.rows.tick == last else { return false }
        }
        if scopes.isKnown(edge) {
            scopes.want(all: hello.wantsAll, edge)
        } else {
            scopes.begin(edge, isWhole: hello.holdsAll, wantsAll: hello.wantsAll, state)
        }
        return true
    }

    /// Begins with an image.
    mutating func beginScope(_ hello: EdgeHello) {
        scopes.begin(hello.edgeID, isWhole: hello.wantsAll || !scopes.cuts(state), wantsAll: hello.wantsAll, state)
    }

    /// Sends an edge an image when it wants all of the world and has a part of it, or does not, has all of it, and the world is large.
    mutating func reconsiderScope(_ link: UInt64, _ now: UInt64) {
        guard let known = links[link], let edge = known.edge, known.image == nil, scopes.isKnown(edge) else { return }
        let isWhole = scopes.isWhole(edge)
        let shouldBeWhole = scopes.wantsAll(edge) || isWhole && !scopes.cuts(state)
        guard isWhole != shouldBeWhole else { return }
        scopes.begin(edge, isWhole: shouldBeWhole, wantsAll: scopes.wantsAll(edge), state)
        let frames = imageFrames(for: edge, after: state.tick, isFork: false)
        _ = links.update(link) { $0.image = EdgeLink.WaitingImage(tick: state.tick, frames: frames, followsReleases: true) }
        pump(link, now)
    }
}
