/// Worlds whose journal ends with ticks that other code recorded. Before such a world is served, the code that recorded them runs them, once for each
/// stretch, writes an image of where they end, and exits 0: a settling host. It is the world's host to the supervisor, with the same rules of silence.
extension Supervisor {
    /// How many stretches of the world's journal have not been settled yet; 0: the next process of its host is the one that serves.
    package func unsettledCount(_ world: String) -> Int { unsettled[index(of: world)] }

    /// The end of a settling host, in order: the next one follows.
    /// - Returns: false for any other end.
    mutating func hasSettled(_ child: Child, _ how: ChildEnd) -> Bool {
        guard case .host(let name) = child, case .starting = phase, how == .exited(code: 0), self[child].failure == nil, unsettledCount(name) > 0 else {
            return false
        }
        unsettled[index(of: name)] -= 1
        self[child].settled()
        // What it was told to leave out is in its image.
        finders[index(of: name)].becameReady()
        out.append(.notify(.settled(name: name, left: unsettledCount(name))))
        spawn(child)
        return true
    }
}
